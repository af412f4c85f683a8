"""The word of the user that sleep is to stop, as a file beside the store; who listens hears of it. Knows no sleeper."""

from __future__ import annotations

import math
import time
from datetime import datetime
from pathlib import Path

from noctule.indexer.errors import StoreUnavailable, advise_store
from noctule.indexer.runtime import notify
from noctule.indexer.runtime.private_folder import make_private_folder
from noctule.indexer.runtime.scratch_file import replace_file

FILE = "paused"


def pause(folder: Path, until: float | None = None) -> None:
    """Pause sleep for the store in `folder`, up to a time in seconds since the epoch or until `resume`.

    StoreUnavailable where that cannot be written: the pause before it, or none, then still holds.
    """
    try:
        make_private_folder(folder)
        replace_file(folder / FILE, b"" if until is None else b"%.0f\n" % until)
        notify.send(folder, "pause")
    except OSError as error:
        raise _unavailable(folder, error) from error


def resume(folder: Path) -> bool:
    """End the pause; say whether there was one. StoreUnavailable."""
    held = bool(pause_text(folder))
    try:
        (folder / FILE).unlink(missing_ok=True)
        notify.send(folder, "pause")
    except NotADirectoryError:
        return False
    except OSError as error:
        raise _unavailable(folder, error) from error
    return held


def pause_text(folder: Path, now: float | None = None) -> str:
    """Say that sleep is paused, until when, and what ends it; an empty string where it is not."""
    until = _until(folder)
    if until is None or until <= (time.time() if now is None else now):
        return ""
    if until == math.inf:
        return "background indexing is paused until 'noctule resume'"
    return f"background indexing is paused until {_clock(until)} or 'noctule resume'"


def pause_end(folder: Path) -> float | None:
    """Return up to when sleep is paused; None where it is not, or only `resume` ends it."""
    until = _until(folder)
    return until if until is not None and time.time() < until < math.inf else None


def _until(folder: Path) -> float | None:
    """Return the end that a pause was given, infinity where it has none; None where there was never one."""
    try:
        text = (folder / FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # it is there: whoever paused meant it
        return math.inf
    try:
        return float(text)
    except ValueError:
        return math.inf


def _clock(at: float) -> str:
    moment = datetime.fromtimestamp(at)
    return f"{moment:%H:%M}" if moment.date() == datetime.now().date() else f"{moment:%Y-%m-%d %H:%M}"


def _unavailable(folder: Path, error: OSError) -> StoreUnavailable:
    why = error.strerror or str(error)
    return StoreUnavailable(f"cannot save the pause in {folder}: {why}", advise_store(why))
