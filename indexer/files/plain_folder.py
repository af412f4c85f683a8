"""The files below a folder that no git repository holds. Reads none of them."""

# A Path per file would double the time that this takes.
# ruff: noqa: PTH118

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = """
.cache .eggs .git .gradle .hg .idea .mypy_cache .nox .pytest_cache .ruff_cache .svn .tox .venv __pycache__
bower_components node_modules venv
"""
SKIPPED_FOLDERS = frozenset(_SKIPPED.split())


def walk(root: Path, left_out: dict[str, str]) -> Iterator[str]:
    """Yield the files below a plain folder, in a fixed order."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
        except OSError as error:
            left_out[f"{folder}/"] = f"unreadable: {(error.strerror or str(error)).lower()}"
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif entry.name in SKIPPED_FOLDERS:
                left_out[f"{path}/"] = "tool output"
            elif os.path.lexists(os.path.join(entry.path, ".git")):
                left_out[f"{path}/"] = "nested repository"
            else:
                waiting.append(path)
