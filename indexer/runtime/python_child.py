"""How a process of ours starts another one. Knows no protocol and no module."""

from __future__ import annotations

import sys
from pathlib import Path

import noctule

FOLDER = str(Path(noctule.__file__).resolve().parent.parent)
"""The folder that the package `noctule` is imported from."""


def python_command(module: str, function: str = "main") -> list[str]:
    """Return the command that calls a function of one of our modules.

    `-P`: a repository that holds a folder with the name of our package is not what gets imported.
    """
    code = f"import sys; sys.path.insert(0, {FOLDER!r}); from {module} import {function}; {function}()"
    return [sys.executable, "-P", "-c", code]
