"""What rests on history alone, as the named parts of a view: commits, forecast, touches, notes. Reads no text."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from noctule.indexer.arrays import Array, pack
from noctule.indexer.errors import GitError
from noctule.indexer.files.cuts import find_cut, is_cut_at
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.forecast import model as predict
from noctule.indexer.forecast import training as trials
from noctule.indexer.history import codec as commits
from noctule.indexer.history.history import EXACT, UNREAD, History
from noctule.indexer.history.symbol_churn import Touches, read_symbol_touches
from noctule.indexer.notes.parts import parts as notes_parts
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.store.postings import TermTable
from noctule.indexer.store.store import Store

REFIT_AFTER = 50
"""A fit serves until this many commits have come after it."""
TRIALS = 120


@dataclass(frozen=True, slots=True)
class Hindsight:
    """The history that the store is to keep, the part of it that a revision can see, and what was made of that part.

    `kept` is None where the store has it already. `cut` says where the clone's history is cut, `unread` why what is new
    in it could not be read, or is empty.
    """

    kept: History | None
    seen: History
    fitted: Mapping[str, Any]
    touched: dict[str, bytes]
    complete: bool
    cut: str = ""
    unread: str = ""

    @classmethod
    def of(
        cls,
        stored: bytes | None,
        place: RepositoryPlace | None,
        revision: str | None,
        earlier: bytes | None,
        touched: dict[str, bytes] | None,
        work: Work,
    ) -> Hindsight:
        """Read the commits that `stored` lacks, and fit the change points on what the revision can see of them.

        `touched` is given where the view has it already for this revision. What was read while the clone's history was
        cut elsewhere is read anew: its first commits have got parents, or other ones.
        """
        known = History.empty()
        if stored is not None and is_cut_at(place, commits.insert_cut(stored)):
            known = commits.from_bytes(stored)
        elif stored is not None:
            earlier = touched = None
        kept, seen, fitted = known, History.empty(), fit_forecast(History.empty(), None)
        complete, unread = False, ""
        try:
            try:
                kept = commits.grow(known, place, revision, work)
            except GitError as error:
                unread = str(error)
            if revision is not None and revision in kept.oids:
                seen = kept.ancestors_only(revision)
            elif revision is not None and not unread:
                unread = f"git cannot read commit {revision}"
            work.check()
            if touched is None:
                touched = touches_part(place, revision)
            work.check()
            started = time.monotonic()
            fitted = fit_forecast(seen, earlier)
            work.add_time("fitting", started)
            complete = True
        except OutOfTime:
            pass
        touched = touches_part(None, None) if touched is None else touched
        gaps = bool(unread) or bool((kept.flags & (EXACT | UNREAD)).any())
        cut = find_cut(place, has_gaps=gaps) if place is not None else ""
        return cls(None if kept is known else kept, seen, fitted, touched, complete, cut, unread)

    @classmethod
    def nothing(cls) -> Hindsight:
        """Return what is known of a past that was not read yet."""
        return cls(None, History.empty(), fit_forecast(History.empty(), None), touches_part(None, None), complete=False)

    def keep(self, store: Store) -> None:
        """Put the history into the store."""
        if self.kept is not None:
            commits.keep(store, self.kept, self.cut)

    def parts(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Lay out all parts; `paths` are the view's files, ascending."""
        return (
            commits_part(self.seen, paths)
            | notes_parts(self.seen, paths)
            | forecast_parts(self.seen, paths, self.fitted)
            | past_facts_part(self.seen, self.fitted, self.cut, self.unread)
            | self.touched
        )


def commits_part(history: History, paths: Sequence[str]) -> dict[str, bytes]:
    """Lay out what past commits said and which of today's files they touched."""
    position = {p: i for i, p in enumerate(paths)}
    file_of = np.array([position.get(p, -1) for p in history.paths] or [-1], np.int32)
    files = file_of[history.files] if len(history.files) else np.empty(0, np.int32)
    there = files >= 0
    counts = np.bincount(history.rows[there], minlength=len(history)) if len(history) else np.empty(0, np.int64)
    order = np.argsort(history.term_ids, kind="stable")
    documents = np.repeat(np.arange(len(history), dtype=np.int32), np.diff(history.term_offsets))[order]
    ends = np.cumsum(np.bincount(history.term_ids, minlength=len(history.terms)))
    ranked = sorted(range(len(history.terms)), key=history.terms.__getitem__)
    spans = [documents[(ends[i - 1] if i else 0) : ends[i]] for i in ranked]
    terms = TermTable.encode_columns([history.terms[i] for i in ranked], spans)
    sizes = np.bincount(history.rows, minlength=len(history)) if len(history) else np.empty(0, np.int64)
    columns: dict[str, Array] = {
        "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "files": files[there].astype(np.int32),
        "sizes": sizes.astype(np.int32),
        "flags": history.flags,
        "lengths": np.diff(history.term_offsets).astype(np.int32),
        "ages": history.ages.astype(np.int64),
    }
    return {"commits": pack(columns), "commit_terms": pack(terms)}


def fit_forecast(history: History, earlier: bytes | None) -> dict[str, Any]:
    """Fit the change points on a history, unless an earlier fit lies at most REFIT_AFTER commits back in it."""
    if earlier is not None:
        known: dict[str, Any] = json.loads(earlier)
        if known["at"] in history.oids[-REFIT_AFTER:] or not len(history):
            return known
    return {"at": history.oids[-1] if len(history) else "", "model": trials.fit(history, TRIALS).to_dict()}


def forecast_parts(history: History, paths: Sequence[str], fitted: Mapping[str, Any]) -> dict[str, bytes]:
    """Lay out what a prediction reads."""
    state = predict.make_state(history, paths)
    return {"state": zlib.compress(pack(state.to_columns()), 1), "fitted": json.dumps(fitted).encode()}


def touches_part(place: RepositoryPlace | None, revision: str | None) -> dict[str, bytes]:
    """Lay out which symbols the latest commits touched, as far as the clone has their blobs."""
    touches = Touches({}, {})
    if place is not None and revision is not None:
        touches = Touches.of(read_symbol_touches(Git(place), revision))
    return {"touches": json.dumps({"files": touches.files, "symbols": touches.symbols}).encode()}


def _forecast_status(fitted: Mapping[str, Any]) -> dict[str, object]:
    """Return what `status` says of the change points: how often their like came true, or why there are none."""
    model = predict.Fitted.from_dict(fitted["model"])
    return {
        **{kind: {"trials": m.trials, **m.hit_rate} for kind, m in model.models.items()},
        **{kind: {"withheld": why} for kind, why in model.withheld.items()},
    }


def past_facts_part(learned: History, fitted: Mapping[str, Any], cut: str, unread: str) -> dict[str, bytes]:
    """Count what `status` reports of history, so that it need not count again."""
    marks = {"renames": EXACT, "changes": UNREAD}
    gaps = {name: int(np.count_nonzero(learned.flags & mark)) for name, mark in marks.items()}
    facts = {
        "commits": len(learned),
        "prediction": _forecast_status(fitted),
        "cut": cut,
        "gaps": gaps,
        "unread": unread,
    }
    return {"past_facts": json.dumps(facts).encode()}
