"""One view opened for answering: ranks, cuts the spans out of the live files, and packs them. Writes nothing.

What was learned of a file is held against its live bytes before any line of it is served: a definition that has moved
is followed, one that has changed is left out.
"""

from __future__ import annotations

import json
import time
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from indexer import pack as packs
from indexer import predict, ranking, task
from indexer.answers import (
    Forecast,
    Freshness,
    Note,
    Pack,
    RankedFile,
    RankedSpan,
    RankedSymbol,
    Reason,
)
from indexer.columns import unpack
from indexer.digest import as_utf8, line_hashes
from indexer.errors import UnknownSubject
from indexer.evidence import follow
from indexer.git import Git
from indexer.notes.ground import Ground
from indexer.notes.note import claims_about
from indexer.notes.packed import claims_for_pack
from indexer.pack import Excerpt
from indexer.search import PARTS, Index, Signals
from indexer.secrets import may_hold_secrets
from indexer.snapshot import Snapshot
from indexer.store import DefinitionRow, Store, ViewRow
from indexer.symbols import Span
from indexer.terms import terms_of
from indexer.tokens import TOKENIZER, count
from indexer.touched import Touches

if TYPE_CHECKING:
    from indexer.repository import Repository

CANDIDATE_FILES = 40
"""Symbols are ranked within this many files."""
MOST_SYMBOLS = 60
SPANS_A_FILE = 5
REASONS = 4


@dataclass(frozen=True, slots=True)
class LiveFile:
    """The bytes of a file as they are now, and whether they are those that were learned."""

    text: str
    lines: tuple[str, ...]
    hashes: array[int]
    same: bool


class Reader:
    """Answers from one view; holds its columns in memory until it is closed."""

    def __init__(self, store: Store, view: ViewRow, live: Snapshot | None, repository: Repository) -> None:
        self._store = store
        self._view = view
        self._live = live
        self._repository = repository
        self._parts = store.parts(view.id, (*PARTS, "oids"))
        self.index = Index(store, self._parts)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    @cached_property
    def _oids(self) -> list[str]:
        data = self._parts["oids"].hex()
        width = len(data) // max(self.index.size, 1)
        return [data[i : i + width] for i in range(0, len(data), width)] if width else []

    @cached_property
    def freshness(self) -> Freshness:
        """How far the live files are from what was learned."""
        from indexer.repository import freshness_of

        return freshness_of(self._view, dict(zip(self.index.paths, self._oids, strict=True)), self._live)

    # Context

    def context(self, text: str, budget: int, most_files: int) -> Pack:
        """Rank, cut and pack."""
        started = time.perf_counter()
        asked = task.read(text)
        signals = self.index.signals(asked)
        scores = ranking.scores(signals.names, signals.values, ranking.FILE_WEIGHTS)
        if self._live is not None:
            gone = [i for i, path in enumerate(self.index.paths) if path not in self._live.files]
            scores[gone] = -np.inf
        ranked = [f for f in ranking.order(scores)[: max(CANDIDATE_FILES, most_files)] if scores[f] > -np.inf]
        searched = time.perf_counter()
        thin = not self._has_evidence(signals, ranked)
        symbols = self._symbols(asked, signals, scores, ranked[:CANDIDATE_FILES])
        definitions = self._store.definitions(
            [int(self.index.rows[b]) for b in {int(self.index.blob[f]) for f in ranked[:CANDIDATE_FILES]}]
        )
        live = self._read(ranked[:CANDIDATE_FILES])
        placed: list[tuple[int, DefinitionRow, Span, float]] = []
        for file, position, score in symbols[: 2 * MOST_SYMBOLS]:
            definition = definitions[self._row(file)][position]
            span = self._place(file, definition, live)
            if span is not None:
                placed.append((file, definition, span, score))
        files = tuple(self._ranked_file(n, f, scores, signals, placed) for n, f in enumerate(ranked[:most_files], 1))
        named = self._ranked_symbols(placed[:MOST_SYMBOLS])
        claims = () if thin else claims_for_pack(self.ground, ranked[:most_files])
        cut = time.perf_counter()
        if thin:
            packed = packs.abstain(budget)
        else:
            shown = [p for p in placed[:MOST_SYMBOLS] if not may_hold_secrets(self.index.paths[p[0]])]
            packed = packs.fill(files, [self._excerpt(live, *p) for p in shown], claims, budget)
        done = time.perf_counter()
        return Pack(
            revision=self._view.revision if self._live is None else self._live.revision,
            dirty=False if self._live is None else self._live.dirty,
            task_tokens=count(text),
            budget_tokens=budget,
            tokens=packed.tokens,
            tokenizer=TOKENIZER,
            abstained=thin,
            elapsed_ms={
                "search": round(1000 * (searched - started), 2),
                "spans": round(1000 * (cut - searched), 2),
                "pack": round(1000 * (done - cut), 2),
                "total": round(1000 * (done - started), 2),
            },
            freshness=self.freshness,
            files=files,
            symbols=named,
            claims=packed.claims,
            text=packed.text,
        )

    def _has_evidence(self, signals: Signals, ranked: Sequence[int]) -> bool:
        """Whether the task's own words, names or paths point anywhere; what only history or size says is no evidence."""
        spoken = [
            i
            for i, name in enumerate(signals.names)
            if name.startswith(("words", "unit", "path", "defines", "frame", "module"))
        ]
        return bool(ranked) and bool(signals.values[spoken].any())

    def _row(self, file: int) -> int:
        return int(self.index.rows[self.index.blob[file]])

    def _symbols(
        self, asked: task.Task, signals: Signals, scores: np.ndarray, files: Sequence[int]
    ) -> list[tuple[int, int, float]]:
        """Return (file, position of the definition, score), best first."""
        index = self.index
        found: list[tuple[int, int, float]] = []
        for file in files:
            blob = int(index.blob[file])
            start, stop = int(index.unit_start[blob]), int(index.unit_start[blob + 1])
            for unit in range(start + 1, stop):
                score = float(scores[file]) + 3.0 * float(signals.units[0, unit])
                found.append((file, int(index.unit_definition[unit]), score))
        found.sort(key=lambda s: (-s[2], s[0], s[1]))
        return found

    def _ranked_file(
        self,
        rank: int,
        file: int,
        scores: np.ndarray,
        signals: Signals,
        placed: Sequence[tuple[int, DefinitionRow, Span, float]],
    ) -> RankedFile:
        mine = [(d, s) for f, d, s, _ in placed if f == file][:SPANS_A_FILE]
        added = ranking.contributions(signals.names, signals.values[:, file], ranking.FILE_WEIGHTS)
        return RankedFile(
            path=self.index.paths[file],
            rank=rank,
            score=float(scores[file]),
            reasons=tuple(_reasons(added, signals, file, mine)),
            spans=tuple(RankedSpan(s.start + 1, s.stop, d.qualname, d.kind) for d, s in mine),
        )

    def _ranked_symbols(self, placed: Sequence[tuple[int, DefinitionRow, Span, float]]) -> tuple[RankedSymbol, ...]:
        return tuple(
            RankedSymbol(
                path=self.index.paths[file],
                symbol=definition.qualname,
                kind=definition.kind,
                start_line=span.start + 1,
                end_line=span.stop,
                rank=rank,
                score=score,
                reasons=(Reason("words", "its text fits the task", round(score, 4)),),
            )
            for rank, (file, definition, span, score) in enumerate(placed, 1)
        )

    def _excerpt(
        self, live: dict[int, LiveFile], file: int, definition: DefinitionRow, span: Span, _score: float
    ) -> Excerpt:
        lines = live[file].lines[span.start : span.stop]
        return Excerpt(
            self.index.paths[file], definition.qualname, definition.kind, span.start + 1, lines, packs.HEAD_LINES
        )

    # Live files

    def _read(self, files: Iterable[int]) -> dict[int, LiveFile]:
        """Read files as they are now; one that has vanished is left out."""
        wanted = list(files)
        contents: Iterable[tuple[int, bytes | None]]
        if self._live is not None:
            paths = [self.index.paths[f] for f in wanted]
            contents = zip(wanted, (c for _, c in self._live.read_all(paths)), strict=True)
        else:
            place = self._repository.place
            assert place is not None
            blobs = Git(place).blobs([self._oids[f] for f in wanted])
            contents = zip(wanted, (c for _, c in blobs), strict=True)
        found = {}
        for file, content in contents:
            if content is None:
                continue
            utf8 = as_utf8(content)
            if utf8 is None:
                continue
            same = self._live is None or self._live.files[self.index.paths[file]].blob == self._oids[file]
            text = utf8.decode("utf-8", "replace")
            found[file] = LiveFile(text, tuple(text.split("\n")), array("I") if same else line_hashes(content), same)
        return found

    def _place(self, file: int, definition: DefinitionRow, live: dict[int, LiveFile]) -> Span | None:
        """Return where a definition stands now, or None where its text has changed."""
        now = live.get(file)
        span = Span(definition.start, definition.stop)
        if now is None:
            return None
        return span if now.same else follow(span, self._learned_hashes(file), now.hashes)

    def _learned_hashes(self, file: int) -> array[int]:
        row = self._row(file)
        return array("I", self._store.blobs([row], "line_hashes")[row][0])

    # Notes and predictions

    def notes(self, subject: str) -> Note:
        """Say what is known about a subject."""
        meant, claims, withheld = claims_about(
            subject, self.ground, self._repository.root, lambda: self.predict((), "", 3)
        )
        return Note(
            revision=self._view.revision if self._live is None else self._live.revision,
            dirty=False if self._live is None else self._live.dirty,
            subject=meant.name,
            subject_kind=meant.kind,
            claims=claims,
            withheld=withheld,
            freshness=replace(self.freshness, withheld_claims=sum(withheld.values())),
        )

    @cached_property
    def ground(self) -> Ground:
        """What notes are written from."""
        return Ground(self._store, self._view.id, self.index, self._oids, self._live, self._repository.place)

    def predict(self, given: Sequence[str], text: str, k: int) -> Forecast:
        """Name the likeliest change points, files first and symbols within them."""
        unknown = sorted(set(given) - set(self.index.paths))
        if unknown:
            raise UnknownSubject(f"{unknown[0]} is no file of this snapshot", "give paths as git lists them")
        parts = self._store.parts(self._view.id, ("state", "fitted", "touches"))
        model = predict.Fitted.from_dict(json.loads(parts["fitted"])["model"])
        state = predict.State.from_columns(unpack(zlib.decompress(parts["state"])), self.index.paths)
        words = list(dict.fromkeys(terms_of(text)))
        forecast = predict.predict(state, model, given=given, words=words, k=k)
        touches = Touches(**json.loads(parts["touches"]))
        symbols = predict.symbols_in(forecast.change_points, touches, k) if touches.files else ()
        return Forecast(
            revision=self._view.revision,
            dirty=self._live.dirty if self._live is not None else False,
            given=tuple(given),
            change_points=(*forecast.change_points, *symbols),
            hit_rate=forecast.hit_rate,
            baseline=forecast.baselines,
            trials=forecast.trials,
            withheld=forecast.withheld,
            freshness=self.freshness,
        )


_REASON_OF = {
    "words": ("words", "its words fit the task"),
    "unit": ("symbol", ""),
    "units": ("symbol", ""),
    "path": ("path", "its path fits the task"),
    "path named": ("named", "the task names this file"),
    "module named": ("named", "the task names this module"),
    "defines": ("defines", ""),
    "frame": ("trace", "in the task's stack trace"),
    "commits": ("history", "commits in like words touched it"),
    "uses": ("graph", "other likely files use it"),
    "used by": ("graph", "it uses other likely files"),
    "with": ("co-change", "changes together with other likely files"),
    "churn": ("churn", "changes often"),
}


def _reasons(
    added: Sequence[tuple[str, float]], signals: Signals, file: int, mine: Sequence[tuple[DefinitionRow, Span]]
) -> list[Reason]:
    """Say in words what placed a file, signals of one kind together, the weightiest first."""
    kinds: dict[str, tuple[str, float]] = {}
    for name, weight in added:
        kind, detail = _REASON_OF.get(name) or _REASON_OF.get(name.split(" ")[0]) or ("", "")
        if not kind:
            continue
        if kind == "symbol":
            detail = f"{mine[0][0].qualname} fits best" if mine else "one of its symbols fits"
        if kind == "defines":
            names = signals.defined.get(file, ())
            detail = "defines " + ", ".join(names[:3]) if names else "defines names of the task"
        kinds[kind] = (detail, kinds.get(kind, ("", 0.0))[1] + weight)
    ordered = sorted(kinds.items(), key=lambda item: (-item[1][1], item[0]))
    return [Reason(kind, detail, weight) for kind, (detail, weight) in ordered[:REASONS]]
