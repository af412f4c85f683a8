"""Files that are written beside those that they are to become: nobody reads half of one. Knows nothing of contents."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def scratch_file(path: Path, data: bytes, *, mode: int | None = None, is_durable: bool = False) -> Iterator[Path]:
    """Write a file beside `path`, which takes its place if it is moved there, and is removed in the end. OSError.

    A durable one has reached the disk when it is yielded. `mode` is kept whatever the user's mask.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        allowed = 0o666 if mode is None else mode
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, allowed)
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            if is_durable:
                os.fsync(descriptor)
        yield scratch
    except OSError as error:
        if error.filename == os.fspath(scratch):
            error.filename = os.fspath(path)  # nobody knows of the other
        raise
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that only its user reads in place of what is there, if anything is. OSError: it is as it was."""
    with scratch_file(path, data, mode=0o600) as scratch:
        scratch.replace(path)
