"""Parses files that somebody just saved while others find out what changed. Knows no store and no git.

What was parsed counts only where the file is then listed with the same content; else nobody hears of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from noctule.indexer.files.regular_file import read_regular
from noctule.indexer.files.text import blob_id
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers

LARGEST_BYTES = 1_000_000
"""Larger files are parsed when they are listed."""


class EarlyParsers:
    """The children of `Parsers`, which may begin before a list of jobs is known. Errors are those of `Parsers`."""

    def __init__(self, parsers: Parsers) -> None:
        self._parsers = parsers
        self._pending: list[ParseJob] = []
        """What the children were given early, and has not come back."""
        self._early: dict[tuple[str, str], Parsed] = {}
        self._jobs: list[ParseJob] = []

    @property
    def process_ids(self) -> list[int]:
        """The children that live."""
        return self._parsers.process_ids

    def close(self) -> None:
        """End the children, whatever they are at."""
        self._parsers.close()

    def start_early(self) -> None:
        """Start all children before there is anything to parse."""
        self._parsers.start_early()

    def parse_early(self, root: Path, paths: Sequence[str], object_format: str) -> None:
        """Start on the files of a work tree that are probably the next jobs."""
        self._collect()
        self._early = {}
        self._pending = [job for path in paths if (job := _job(root, path, object_format)) is not None]
        if self._pending:
            self._parsers.begin(self._pending)

    def begin(self, jobs: Sequence[ParseJob], *, as_given: bool = False) -> None:
        """Start on these jobs, as far as that was not done early."""
        self._jobs = list(jobs)
        if not self._pending:
            self._parsers.begin(self._late(), as_given=as_given)

    def results(self) -> Iterator[Parsed]:
        """Yield what was parsed of the jobs begun, in any order."""
        jobs, waited = self._jobs, bool(self._pending)
        self._collect()
        late = self._late()
        for job in jobs:
            if (early := self._early.get((job.path, job.blob))) is not None:
                yield replace(early, job=job)
        if waited:
            self._parsers.begin(late)
        yield from self._parsers.results()

    def _collect(self) -> None:
        if self._pending:
            self._pending = []
            for parsed in self._parsers.results():
                if parsed.digest is not None:
                    self._early[parsed.job.path, parsed.job.blob] = parsed

    def _late(self) -> list[ParseJob]:
        return [job for job in self._jobs if (job.path, job.blob) not in self._early]


def _job(root: Path, path: str, object_format: str) -> ParseJob | None:
    """Return the job for a file as it is; None where it is none that would be listed."""
    full = os.path.join(root, path)  # noqa: PTH118
    try:
        seen = os.lstat(full)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > LARGEST_BYTES or os.path.realpath(full) != full:
            return None
        content = read_regular(full, LARGEST_BYTES)
    except (OSError, ValueError):
        return None
    return ParseJob(0, path, blob_id(content, object_format), len(content))
