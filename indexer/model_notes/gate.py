"""Which kinds of a model's claims are served for a repository: those that named what its past changes touched.

Holds the verdict and says how it is kept; `indexer.think.evaluate` comes to it and `indexer.think.significance` has the
rule. Read on the request path, so nothing heavy is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from noctule.indexer.runtime import state

EXPECTED = "expected queries"
"""Stands among the open kinds where notes may be found by the queries that their model expected."""


def author_name(model: str, checker: str, prompt: str, effort: str, thoughts: int) -> str:
    """Name who writes notes: what a verdict holds for."""
    by_effort = f", effort {effort}" if effort else ""
    several = f", {thoughts} thoughts" if thoughts > 1 else ""
    return f"{model}, checked by {checker}, prompts {prompt}{by_effort}{several}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the latest replay came to: the kinds that are served, and why each other one is not.

    `tasks` past changes up to commit `upto` were asked for at commit `base`, before any of them, with `notes` of a
    model and without; `made_by` says which models and prompts were to write them, and `authors` which did: only notes
    of theirs were judged, and only those are served (None: whoever wrote them). `figures` are by form of the task ("as
    written", "masked") and measure, "without" notes and "with" all of them; `kinds` hold for each kind in how many
    tasks it was shown, and which share of its names and of nonsense's were of what the changes touched.
    """

    open: frozenset[str] = frozenset()
    why: Mapping[str, str] = field(default_factory=dict)
    tasks: int = 0
    at: float = 0.0
    figures: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    base: str = ""
    upto: str = ""
    made_by: str = ""
    notes: int = 0
    authors: tuple[str, ...] | None = None

    def covers(self, author: str) -> bool:
        """Tell whether notes of an author were among those that were judged."""
        return self.authors is None or author in self.authors

    @property
    def was_given(self) -> bool:
        """Whether there was ever a replay, or the word that there can be none."""
        return self.at > 0

    def told(self) -> dict[str, object]:
        """Return what there is to tell of it, in plain values."""
        return {**asdict(self), "open": sorted(self.open)}


def read_verdict(folder: Path) -> Verdict:
    """Return the verdict for the repository whose store is in `folder`; nothing is open where none was given."""
    return parse_verdict(state.rows(folder, VERDICT))


VERDICT = "SELECT content FROM document WHERE name = 'gate'"


def parse_verdict(rows: Sequence[tuple[str]]) -> Verdict:
    """Read what `VERDICT` found."""
    try:
        written = json.loads(rows[0][0])
        known = {name: written[name] for name in Verdict.__dataclass_fields__ if name in written}
        authors = None if known.get("authors") is None else tuple(map(str, known["authors"]))
        verdict = Verdict(**{**known, "open": frozenset(map(str, written["open"])), "authors": authors})
        texts = (verdict.base, verdict.upto, verdict.made_by)
        numbers = (verdict.tasks, verdict.notes, verdict.at)
        maps = (verdict.why, verdict.figures, verdict.kinds)
    except (IndexError, ValueError, KeyError, TypeError, RecursionError):
        return Verdict()
    sound = all(isinstance(text, str) for text in texts) and all(isinstance(n, int | float) for n in numbers)
    return verdict if sound and all(isinstance(one, Mapping) for one in maps) else Verdict()


def keep(folder: Path, verdict: Verdict) -> None:
    """Put a verdict in force, on disk when this returns. StoreError."""
    write_document(folder, "gate", verdict.told())


def write_document(folder: Path, name: str, values: Mapping[str, object]) -> None:
    """Replace a document as a whole. StoreError: the one before stays."""
    with state.transaction(folder) as db:
        db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (name, json.dumps(values)))
