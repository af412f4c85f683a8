"""What background processes do, as lines of key=value pairs for whoever looks for a fault. Off unless asked for.

`NOCTULE_LOG` is the level (`info` or `debug`; any other value counts as `info`), `NOCTULE_LOG_FILE` the file that lines
are added to; without one they go to standard error. Child processes inherit both. Lines hold names of jobs, figures and
paths, and never source text.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.defaults import LOG_FILE_VARIABLE, LOG_VARIABLE

if TYPE_CHECKING:
    import logging

_ROOT = "noctule"


class Log:
    """The log of one module: an event in a few words, and its fields."""

    def __init__(self, module: str) -> None:
        self._module = module

    def info(self, event: str, **fields: object) -> None:
        """Log what happens a few times an hour."""
        self._write("INFO", event, fields)

    def debug(self, event: str, **fields: object) -> None:
        """Log what happens with each edit or request."""
        self._write("DEBUG", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if "logging" not in sys.modules:  # nobody can have asked for lines, and a short command does not wait for it
            return
        import logging

        logger, number = logging.getLogger(self._module), getattr(logging, level)
        if logger.isEnabledFor(number):
            logger.log(number, event, extra={"fields": fields})


def write_log(path: Path) -> None:
    """Have this process and those that it starts add their lines to a file, from level `info` on if none is named."""
    os.environ[LOG_FILE_VARIABLE] = str(path.absolute())
    if not os.environ.get(LOG_VARIABLE):
        os.environ[LOG_VARIABLE] = "info"


def start_logging() -> None:
    """Log as the environment asks; once in each process. OSError where the file cannot be opened."""
    level = os.environ.get(LOG_VARIABLE, "").lower()
    if not level:
        return
    import logging

    from noctule.indexer.runtime.log_lines import KeyValueFormatter

    name = os.environ.get(LOG_FILE_VARIABLE)
    handler: logging.Handler
    if name:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
        handler = logging.FileHandler(name, encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter())
    logger = logging.getLogger(_ROOT)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if level == "debug" else logging.INFO)
    logger.propagate = False
