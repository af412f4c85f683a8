"""What background processes do, as lines of key=value pairs for whoever looks for a fault. Off unless asked for.

`NOCTULE_LOG` is the level (`info` or `debug`; any other value counts as `info`), `NOCTULE_LOG_FILE` the file that lines
are added to; without one they go to standard error. Child processes inherit both. Lines hold names of jobs, figures and
paths, and never source text.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from noctule.indexer.defaults import LOG_FILE_VARIABLE, LOG_VARIABLE

_ROOT = "noctule"

logging.getLogger(_ROOT).addHandler(logging.NullHandler())


class Log:
    """The log of one module: an event in a few words, and its fields."""

    def __init__(self, module: str) -> None:
        self._logger = logging.getLogger(module)

    def info(self, event: str, **fields: object) -> None:
        """Log what happens a few times an hour."""
        self._write(logging.INFO, event, fields)

    def debug(self, event: str, **fields: object) -> None:
        """Log what happens with each edit or request."""
        self._write(logging.DEBUG, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields})


class KeyValueFormatter(logging.Formatter):
    """Write a record as `time=... level=... pid=... at=... event=... key=value ...` on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03}",
            "level": record.levelname.lower(),
            "pid": record.process,
            "at": record.name.removeprefix("noctule.indexer."),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return " ".join(f"{name}={_quote(value)}" for name, value in fields.items())


def _quote(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    if text and text.isprintable() and not any(sign in text for sign in ' "='):
        return text
    escaped = text.encode("unicode_escape").decode().replace('"', '\\"')
    return f'"{escaped}"'


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
