"""Folders that nobody else may read or have a hand in. Knows not what is kept in them."""

from __future__ import annotations

import os
from pathlib import Path

from noctule.indexer.errors import StoreUnavailable

MODE = 0o700
ADVICE = "choose another folder with NOCTULE_CACHE_DIR, or remove it"


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, and those that it lies in. OSError, StoreUnavailable."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=MODE)
    try:
        folder.mkdir(mode=MODE)
    except FileExistsError:
        refuse_foreign_folder(folder)
        if folder.stat().st_mode & 0o077 and os.access(folder, os.W_OK):
            folder.chmod(MODE)


def refuse_foreign_folder(folder: Path) -> None:
    """Raise where a folder is another user's, or a link: what lies there is not ours. StoreUnavailable."""
    try:
        seen = folder.lstat()
    except OSError:
        return
    if folder.is_symlink():
        raise StoreUnavailable(f"{folder} is a link", ADVICE)
    if seen.st_uid != os.geteuid():
        raise StoreUnavailable(f"{folder} belongs to another user", ADVICE)


def refuse_links(*files: Path) -> None:
    """Raise where a file that is going to be written is a link. StoreUnavailable."""
    for file in files:
        if file.is_symlink():
            raise StoreUnavailable(f"{file} is a link", ADVICE)
