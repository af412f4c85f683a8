"""What a fleet has finished, kept on disk: a run that was stopped goes on where it was, and none is done twice."""

from __future__ import annotations

import json
from pathlib import Path

from noctule.indexer.fleet.messages import AttemptOutcome
from noctule.indexer.runtime.messages import Decoder, encode


class FleetJournal:
    """One line for each repository that is over, in a file of the run's folder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._decoder = Decoder(AttemptOutcome)

    def read(self, key: str) -> dict[str, AttemptOutcome]:
        """Return what a stopped run of the same `key` learned, and begin anew where there was none, or it ended.

        What failed is not among it: the next run tries it again.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = self._file.read_bytes().splitlines() if self._file.exists() else []
        first = json.dumps({"run": key}).encode()
        if lines[:1] != [first] or lines[-1] == b"end":
            self._file.write_bytes(first + b"\n")
            return {}
        found = [outcome for line in lines[1:] if (outcome := self._decode(line)) is not None]
        return {outcome.name: outcome for outcome in found if outcome.is_over}

    def add(self, outcome: AttemptOutcome) -> None:
        """Note that a repository is over."""
        with self._file.open("ab") as file:
            file.write(encode(outcome))

    def end(self) -> None:
        """Note that the run is over: the next one begins anew."""
        with self._file.open("ab") as file:
            file.write(b"end\n")

    def _decode(self, line: bytes) -> AttemptOutcome | None:
        try:
            outcome = self._decoder.decode(line)
        except ValueError:  # torn by a kill
            return None
        return outcome if isinstance(outcome, AttemptOutcome) else None
