"""Where the stores of repositories lie: in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

_UNUSUAL = frozenset({"XDG_CACHE_HOME", "ANDROID_DATA", "ANDROID_ROOT"})
"""Variables with which the cache folder of a Linux is not where it mostly is."""


def cache_folder() -> Path:
    """Return the folder that holds all stores: NOCTULE_CACHE_DIR, or the platform's cache folder.

    A relative name lies below the latter, since the current folder is mostly a repository.
    """
    return Path(_platform_folder(), os.environ.get("NOCTULE_CACHE_DIR", ""))


def _platform_folder() -> Path:
    home = Path(os.environ.get("HOME", ""))
    if sys.platform == "linux" and home.is_absolute() and _UNUSUAL.isdisjoint(os.environ):
        return home / ".cache" / "noctule"
    import platformdirs  # its import takes longer than to open a store

    return platformdirs.user_cache_path("noctule", appauthor=False)


def store_folder(common_dir: Path, cache: Path | None = None) -> Path:
    """Return the folder of one repository's store; all worktrees of a repository share it."""
    real = os.path.realpath(common_dir)
    digest = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    parts = [p for p in Path(real).parts if p != ".git"]
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in parts[-1][:40])
    return (cache or cache_folder()) / f"{name.strip('.') or 'repository'}-{digest}"
