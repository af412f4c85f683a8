"""Whether the folders that a repository stands on are still those it was opened with. Watches nothing."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.files.git import RepositoryPlace


class Identity:
    """A work tree with its git directories, or a folder that has none, as they are at one moment.

    `anchors` are the folders whose move or removal takes it away: its own, and all above them.
    """

    def __init__(self, root: Path, place: RepositoryPlace | None) -> None:
        # A plain folder in which a git directory appears is another kind of repository from then on.
        self._asked = (root, root / ".git") if place is None else (root, place.git_dir, place.common_dir)
        self._found = [_inode(path) for path in self._asked]
        ends = dict.fromkeys(path.resolve() for path in self._asked if path.is_dir())
        self.anchors = [str(folder) for folder in dict.fromkeys(p for end in ends for p in (end, *end.parents[:-1]))]

    def has_changed(self) -> bool:
        """Tell whether one of the folders is gone, or is another one by that name."""
        return [_inode(path) for path in self._asked] != self._found


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
