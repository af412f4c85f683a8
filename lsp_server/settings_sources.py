"""Where settings may stand: the user's file and the environment. Reads none, so that to look takes no time."""

from __future__ import annotations

import os
from pathlib import Path

FILE_VARIABLE = "NOCTULE_CONFIG"
PREFIX = "NOCTULE_"
SECTIONS = {
    "idle": "thresholds",
    "sleep": "sleep",
    "limits": "limits",
    "footprint": "footprint",
    "service": "service",
    "model": "model",
    "share": "share",
}
"""The sections of the file, and the part of `Settings` that each stands for."""


def are_given() -> bool:
    """Tell whether the user has a file of settings, or a variable that may be one."""
    return settings_file() is not None or any(is_setting(name) for name, value in os.environ.items() if value)


def is_setting(variable: str) -> bool:
    """Tell whether a variable of the environment is named like a setting: by a section and a key."""
    section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
    return variable.startswith(PREFIX) and section in SECTIONS and bool(key)


def settings_file() -> Path | None:
    """Return the user's own file: NOCTULE_CONFIG, or noctule/config.toml in their configuration folder; None if absent.

    A relative XDG_CONFIG_HOME is ignored, as its specification asks: it would lead into whatever folder one stands in.
    """
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named)
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(chosen if os.path.isabs(chosen) else os.path.expanduser("~/.config"))  # noqa: PTH111,PTH117 - no home
    file = folder / "noctule" / "config.toml"
    return file if file.is_absolute() and os.path.lexists(file) else None
