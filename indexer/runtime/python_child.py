"""How a process of ours starts another one. Knows no protocol and no module."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import noctule
from noctule.indexer.defaults import DEBUG_VARIABLE, LOG_FILE_VARIABLE, LOG_VARIABLE

FOLDER = str(Path(noctule.__file__).resolve().parent.parent)
"""The folder that the package `noctule` is imported from."""


def python_command(module: str, function: str = "main") -> list[str]:
    """Return the command that calls a function of one of our modules.

    `-P`: a repository that holds a folder with the name of our package is not what gets imported.
    """
    code = f"import sys; sys.path.insert(0, {FOLDER!r}); from {module} import {function}; {function}()"
    return [sys.executable, "-P", "-c", code]


def start_python(
    module: str, *arguments: str, function: str = "main", options: Mapping[str, Any] | None = None
) -> subprocess.Popen[bytes]:
    """Start a function of one of our modules, with pipes to its standard input and output. OSError.

    `options` are Popen's. What it writes to standard error is dropped, unless details are wanted or the log goes there.
    """
    is_logged = os.environ.get(LOG_VARIABLE) and not os.environ.get(LOG_FILE_VARIABLE)
    chosen: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": None if is_logged or os.environ.get(DEBUG_VARIABLE) else subprocess.DEVNULL,
        **(options or {}),
    }
    return subprocess.Popen([*python_command(module, function), *arguments], **chosen)
