"""Which folders lie on file systems whose changes can come from elsewhere, unseen by this kernel. Reads a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")

_SHARED = """
9p afs beegfs ceph cifs coda davfs drvfs fuse gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs smb3
smbfs vboxsf virtiofs vmhgfs
"""
SHARED = frozenset(_SHARED.split())


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a file system is mounted, and its type."""

    point: str
    kind: str

    @property
    def is_shared(self) -> bool:
        """Whether another machine, a host or a program can change files without an event here.

        A layer of a container (overlay) can not: its folders tell of all that is done through it. A FUSE file system
        that is a block device is a disk of this machine, such as NTFS.
        """
        return self.kind in SHARED or self.kind.startswith("fuse.")


def read_table() -> str:
    """Return the kernel's table of mounts; nothing where there is none."""
    try:
        return TABLE.read_text(errors="surrogateescape")
    except OSError:
        return ""


def find_mounts(root: str, table: str) -> tuple[Mount, ...]:
    """Return the mount that `root` lies on and those below it, the deepest first."""
    found = {mount.point: mount for line in table.splitlines() if (mount := _mount(line))}  # the last one hides others
    above = [point for point in found if is_below(root, point)]
    below = [point for point in found if point != root and is_below(point, root)]
    points = {max(above, key=len), *below} if above else set(below)
    return tuple(found[point] for point in sorted(points, key=len, reverse=True))


def find_mount(folder: str, mounts: Sequence[Mount]) -> Mount | None:
    """Return the one of `find_mounts` that a folder lies on."""
    return next((mount for mount in mounts if is_below(folder, mount.point)), None)


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _mount(line: str) -> Mount | None:
    # proc(5): id, parent, device, root, mount point, options, optional fields, a hyphen, type, source, options.
    before, hyphen, after = line.partition(" - ")
    fields, kind = before.split(" "), after.split(" ")[0]
    if not hyphen or len(fields) < 6:
        return None
    return Mount(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]), kind)
