"""A record of the log as one line of key=value pairs. Opens no file."""

from __future__ import annotations

import logging


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
