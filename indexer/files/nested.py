"""Which repositories lie below a folder. Looks at names of folders alone, follows no link and starts no git."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from noctule.indexer.files.regular_file import read_regular

DEPTH = 3
_SIGNS = ("HEAD", "objects", "refs")
_SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)
_LARGEST_MODULES = 1 << 20
_PASSED = frozenset({"node_modules", "vendor", "venv", "__pycache__", "site-packages", "target", "dist", "build"})


def is_repository(folder: Path) -> bool:
    """Tell whether a folder is the top of a work tree, or a bare repository."""
    return (folder / ".git").exists() or all((folder / sign).exists() for sign in _SIGNS)


def find_repositories(top: Path, *, skip_dependencies: bool = False) -> Iterator[Path]:
    """Yield the repositories below a folder, three levels deep, none within another. OSError of `top` alone."""
    waiting = [(top, 0)]
    while waiting:
        here, depth = waiting.pop()
        for path in _folders(here, is_top=here == top):
            if is_repository(path):
                yield path
            elif depth + 1 < DEPTH and not (skip_dependencies and _is_passed(path.name)):
                waiting.append((path, depth + 1))


def find_submodules(top: Path) -> Iterator[Path]:
    """Yield the submodules of a work tree that are checked out, as `.gitmodules` names them."""
    try:
        text = os.fsdecode(read_regular(top / ".gitmodules", _LARGEST_MODULES))
    except OSError:
        return
    for name in dict.fromkeys(_SUBMODULE.findall(text)):
        path = top / name.strip('"')
        is_below = not Path(name).is_absolute() and ".." not in Path(name).parts
        if is_below and path.resolve() == path and (path / ".git").exists():
            yield path


def _folders(here: Path, *, is_top: bool) -> list[Path]:
    try:
        return sorted(path for path in here.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        if is_top:
            raise
        return []


def _is_passed(name: str) -> bool:
    return name.startswith(".") or name in _PASSED
