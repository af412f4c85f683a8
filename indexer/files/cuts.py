"""Where the history of a clone is cut: shallow, grafted, partial. Runs no git."""

from __future__ import annotations

import hashlib
from pathlib import Path

from noctule.indexer.files.git import RepositoryPlace


def find_cut(place: RepositoryPlace, *, has_gaps: bool = False) -> str:
    """Return where the history of a clone is cut, as one short text: another text, other commits behind the same HEAD.

    A fetch may deepen a shallow clone, or bring the objects that a partial one lacks; `has_gaps` says that some were
    missed, so that new packs count too.
    """
    cuts = [_read_text(place.common_dir / name) for name in ("shallow", "info/grafts")]
    cut = ""
    if any(cuts) or place.partial:
        cut = hashlib.sha256(b"\0".join([*cuts, b"partial" * place.partial])).hexdigest()[:16]
    return f"{cut}:{_find_packs(place)}" if has_gaps else cut


def is_cut_at(place: RepositoryPlace | None, cut: str) -> bool:
    """Tell whether a clone's history is cut where `find_cut` once said."""
    return place is None or find_cut(place, has_gaps=":" in cut) == cut


def _find_packs(place: RepositoryPlace) -> int:
    try:
        return (place.common_dir / "objects" / "pack").stat().st_mtime_ns
    except OSError:
        return 0


def _read_text(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError:
        return b""
