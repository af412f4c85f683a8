"""One view opened for answering: ranks, cuts the spans out of the live files, and packs them. Writes nothing.

Each file is compared with its live bytes before any line of it is served: a definition that has moved is followed, one
that has changed is left out.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from noctule.indexer.arrays import Floats, unpack
from noctule.indexer.defaults import RANKED_FILES
from noctule.indexer.errors import NotIndexed
from noctule.indexer.files.live_files import LazyLines, LineRange, LiveFiles
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.history.remap import earlier_paths
from noctule.indexer.history.symbol_churn import Touches
from noctule.indexer.notes import view_facts
from noctule.indexer.notes.change_log import find_change_log
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.outline import LiveOutline
from noctule.indexer.results import Claim, Forecast, Freshness, Note, Pack
from noctule.indexer.runtime import state
from noctule.indexer.search import pack as packs
from noctule.indexer.search import query as task
from noctule.indexer.search import ranking, rules, view_columns
from noctule.indexer.search import symbols as locate
from noctule.indexer.search.confidence import Words, file_probabilities, judge, measure_task, measure_words
from noctule.indexer.search.index import Index, Signals
from noctule.indexer.search.known_files import BY_PATH, find_known_files
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.quotations import Quotation, find_holders, find_places
from noctule.indexer.search.screening import may_answer
from noctule.indexer.search.small_talk import is_small_talk
from noctule.indexer.search.symbols import Definitions, Touched
from noctule.indexer.serve import counterparts
from noctule.indexer.serve.counterparts import find_counterparts
from noctule.indexer.serve.descriptions import (
    Placed,
    claims_about,
    describe_files,
    describe_symbols,
    excerpt,
    likely_sites,
)
from noctule.indexer.serve.editor_references import apply_editor_answers
from noctule.indexer.serve.freshness import compare_freshness
from noctule.indexer.serve.known_outlines import KnownOutlines
from noctule.indexer.serve.long_definitions import Condenser
from noctule.indexer.serve.message_holders import raise_holders
from noctule.indexer.serve.named_definitions import (
    definition_chances,
    find_outright,
    list_titles,
    match_names,
    raise_chances,
)
from noctule.indexer.serve.near_copies import find_copies, name_copies, raise_copies
from noctule.indexer.serve.own_files import keep_own, own_files
from noctule.indexer.serve.placing import find_span
from noctule.indexer.serve.ranked_task import RankedTask, count_task
from noctule.indexer.serve.reading_ranges import gather_reading
from noctule.indexer.store.rows import DefinitionRow, ViewRow
from noctule.indexer.store.store import Store
from noctule.indexer.symbols import Span
from noctule.indexer.tokens import TOKENIZER

if TYPE_CHECKING:
    from pathlib import Path

    from noctule.indexer.model_notes.recall import Recall, Serving
    from noctule.indexer.notes.edit_context import EditSite
    from noctule.indexer.search.reading import ChangeLog
    from noctule.indexer.store.reference import RepositoryRef

PARTS = (*view_columns.PARTS, *view_facts.PARTS, "oids", "touches")
"""Parts of a view that are loaded together: positions in one part fit only parts of the same view."""
CANDIDATE_FILES = 40
"""Symbols are ranked within this many files."""
MOST_SYMBOLS = 60
VOTE = 1.0
"""What a note adds to the score of the files that it is about, where the task is all that it expected to be asked."""

Texts = Mapping[int, LazyLines]
"""The lines of files, by their positions in the view."""
Loaded = tuple[ViewRow, Mapping[str, bytes]]
"""A view with its parts, of one moment."""


class Reader:
    """Answers from one view, whose columns it holds in memory, for as long as the store that it was given is open."""

    def __init__(self, store: Store, loaded: Loaded, look: Callable[[], Snapshot | None], ref: RepositoryRef) -> None:
        self._store = store
        self._view, parts = loaded
        self._look = look
        self._ref = ref
        self.index = Index(store, parts)
        self._parts = {name: data for name, data in parts.items() if name not in view_columns.PARTS}
        self._serving: Serving = "gated"
        self._state = state.StateReader(ref.folder)
        self._outlines = KnownOutlines(self.index)

    def serve(self, notes: Serving, folder: Path | None = None) -> None:
        """Serve these notes of a model; without this, those that the gate lets through.

        They are those of another folder than the store's where one is named, as replays do.
        """
        self._serving = notes
        self._state.close()
        self._state = state.StateReader(folder or self._ref.folder)
        self.__dict__.pop("_notes_of_models", None)

    @property
    def _recall(self) -> Recall | None:
        """The notes of a model; None where there are none."""
        return self._notes_of_models if self._state.rows("SELECT 1 FROM note LIMIT 1") else None

    @cached_property
    def _notes_of_models(self) -> Recall:
        from noctule.indexer.model_notes.recall import Recall  # most users have no model

        return Recall(self._state, self._serving)

    def close(self) -> None:
        """Close the notes of models; the store is closed by who opened it."""
        self._state.close()

    @cached_property
    def live(self) -> Snapshot | None:
        """The live files that answers are compared with; None for a revision, whose files never change."""
        return self._look()

    def look(self, live: Snapshot) -> None:
        """Compare answers with these files from now on; the index stays loaded."""
        self.__dict__["live"] = live
        for held in ("freshness", "_live_files"):
            self.__dict__.pop(held, None)
        if "ground" in self.__dict__:
            self.ground.look(self._live_files)

    def is_current(self) -> bool:
        """Tell whether nothing was learned since, and the store is still in its place. StoreError."""
        return self._store.is_in_place() and self._store.view(self._view.name) == self._view

    @cached_property
    def _oids(self) -> list[str]:
        data = self._parts["oids"].hex()
        width = len(data) // max(self.index.size, 1)
        return [data[i : i + width] for i in range(0, len(data), width)] if width else []

    @cached_property
    def _touches(self) -> Touches:
        return Touches(**json.loads(self._parts["touches"]))

    @cached_property
    def _touched(self) -> Touched:
        return Touched(self._touches.symbols)

    @cached_property
    def freshness(self) -> Freshness:
        """The difference between the live files and the index."""
        return compare_freshness(self._view, dict(zip(self.index.paths, self._oids, strict=True)), self.live)

    def blob_id(self, path: str) -> str | None:
        """Return the id of a file's content, as it was when this reader looked; None where it was gone."""
        if self.live is not None:
            file = self.live.files.get(path)
            return file.blob if file is not None else None
        return dict(zip(self.index.paths, self._oids, strict=True)).get(path)

    # Context

    def context(self, text: str, budget: int, most_files: int) -> Pack:
        """Rank, cut and pack."""
        return self.pack(self.rank(text), budget, most_files)

    def screen(self, text: str, asked: TaskQuery) -> Words:
        """Return what `rank` measures of a task's words; None where it is clear without it that there is no answer."""
        words = measure_words(self.index, self._store, asked)
        return words if self._recall is not None or may_answer(self.index, text, asked, words) else None

    def rank(self, text: str, asked: TaskQuery | None = None, words: Words = None, *, looks: bool = True) -> RankedTask:
        """Score every file for a task, and estimate how sure that is; without `looks`, also files that no longer exist.

        `asked` is the parsed task, if the caller has parsed it already, and `words` what `screen` said of it.
        """
        started = time.perf_counter()
        asked = asked or task.read(text)
        signals = self.index.signals(asked)
        scores = ranking.file_scores(signals.names, signals.values, self.index.companions.join, asks=asked.asks)
        expected, votes = _vote(self._recall, text, self.index, self.ground, scores)
        quoted = _find_quoted(asked, scores, self.index, self._live_files) if looks and asked.quoted else {}
        is_name = rules.apply(scores, self.index, asked, quoted, signals.defined)
        if looks:
            scores[self._live_files.gone] = -np.inf
        sure = judge(self.index, self._store, asked, signals, scores, words)
        named = match_names(asked, signals, scores, self.ground, self._live_files) if looks else ()
        first = sure.first
        is_about = not is_small_talk(text) and bool(votes or is_name or sure.is_about)
        known = find_known_files(text, self.index.paths, scores)
        if known is not None and (not is_about or first < known.probability or known.probability == BY_PATH):
            is_about, first = True, known.probability
            rules.put_all_first(scores, known.files)
        is_about = is_about and bool(votes or np.isfinite(scores).any())
        likely = file_probabilities(scores, first)
        ms = 1000 * (time.perf_counter() - started)
        rest = (likely, is_about, sure.about, expected, votes, quoted, named, ms)
        return RankedTask(text, asked, signals, scores, *rest)

    def answers(self, found: RankedTask) -> bool:
        """Tell whether a task is answered here: it is about this repository, or a note of a model answers it."""
        return found.is_about or (self._recall is not None and not self.pack(found, 0, RANKED_FILES).abstained)

    def first_files(self, found: RankedTask, most: int) -> list[int]:
        """Return the likeliest files of a task, best first."""
        return [file for file in ranking.best(found.scores, most) if found.scores[file] > -np.inf]

    @property
    def has_lost_files(self) -> bool:
        """Whether a file that was learned is no longer there."""
        return bool(self._live_files.gone)

    def pack(
        self,
        found: RankedTask,
        budget: int,
        most_files: int,
        candidate_files: int = CANDIDATE_FILES,
        least_explained: float = 0.0,
    ) -> Pack:
        """Make a pack; symbols are searched in the first `candidate_files`, and explained if they are likely enough."""
        started = time.perf_counter()
        self._live_files.forget()
        asked, signals, likely = found.asked, found.signals, found.likely
        ranked = self.first_files(found, max(candidate_files, most_files))
        candidates = ranked[:candidate_files]
        lines = self._live_files.lines_on_demand(candidates)
        for file in {*candidates[:most_files], *found.quoted}:
            lines.get(file)  # whether these have changed is asked first, and reading them may show that they have
        located = self._locate(asked, signals, candidates, lines)
        ranks = {file: rank for rank, file in enumerate(candidates, 1)}
        learned = {f: said for f, said in found.quoted.items() if not self._live_files.has_changed(f)}
        holders = find_holders(learned, located.files, located.rows)
        placed = self._place_definitions(located, found, lines, ranks, holders)
        named = {f: _names_there(signals.defined.get(f, ()), self.ground.outline(f)) for f in ranked[:most_files]}
        files = describe_files(named, self.index.paths, found, placed, VOTE)
        chances = raise_chances(definition_chances(placed, likely, holders), placed, found.named, likely)
        chances = raise_holders(chances, placed, holders, likely)
        copies = find_copies(placed[:MOST_SYMBOLS], chances[:MOST_SYMBOLS])
        opposites = find_counterparts(placed[:MOST_SYMBOLS], chances[:MOST_SYMBOLS], copies)
        chances = raise_copies(raise_copies(chances, copies), opposites, counterparts.SHARE)
        symbols = describe_symbols(placed[:MOST_SYMBOLS], chances, located, holders, least_explained)
        added, listed = list_titles(found.named, symbols, self.ground.path, self._place, self._live_files)
        worth = self.index.rarity(sorted({t for field in asked.terms.values() for t in field}))
        written, answered = tuple[Claim, ...](), False
        recall = self._recall
        if recall is not None:
            from noctule.indexer.model_notes.relevance import Site, TaskFocus  # most users have no model

            sites = [Site(p.path, p.definition.qualname, chance) for p, chance in zip(placed, chances, strict=True)]
            focus = TaskFocus(worth, sites, {file.path: file.probability for file in files}, found.expected)
            written, answered = recall.for_task(focus, self.ground)
        thin = not (found.is_about or answered)
        claims = () if thin else claims_about(self.ground, placed, chances, ranked, asked.names, likely)
        cut = time.perf_counter()
        if thin:
            packed = packs.abstain(budget)
        else:
            near = name_copies([excerpt(p, s, found.quoted) for p, s in zip(placed, symbols, strict=False)], copies)
            near = name_copies(near, opposites, "its counterpart")
            shown = [e for p, e in zip(placed, near, strict=False) if not p.secret] + listed
            own = own_files(ranked, self.index, signals)
            told, shown = keep_own(own, self.index, files, shown)
            edits = likely_sites(self.ground, placed, chances)
            reading, tests = gather_reading(self.ground, own, located, lines, self._place, found, edits, worth)
            condenser = Condenser(asked, worth, self.ground, placed)
            log = _find_log(self.ground, edits)
            packed = packs.fill(told, shown, claims, budget, condenser, written, reading, tests, log)
        return Pack(
            revision=self.revision,
            dirty=self.is_dirty,
            task_tokens=count_task(found.text),
            budget_tokens=budget,
            tokens=packed.tokens,
            tokenizer=TOKENIZER,
            abstained=thin,
            elapsed_ms=_elapsed_ms(found.elapsed_ms, 1000 * (cut - started), 1000 * (time.perf_counter() - cut)),
            freshness=self.freshness,
            files=files,
            symbols=(*symbols, *added),
            claims=packed.claims,
            text=packed.text,
            shown=packed.files,
        )

    @property
    def revision(self) -> str | None:
        """The commit that the files were checked out from, when they were looked at."""
        return self._view.revision if self.live is None else self.live.revision

    @property
    def is_dirty(self) -> bool:
        """Whether the files differed from that commit."""
        return self.live is not None and self.live.dirty

    def _locate(self, asked: TaskQuery, signals: Signals, files: Sequence[int], lines: Texts) -> Definitions:
        outlines = self._outlines.find(files, lines, self.ground, self._live_files)
        return locate.definitions(self.index, asked, signals, files, outlines, lines, self._touched)

    def definition_signals(self, asked: TaskQuery, signals: Signals, files: Sequence[int]) -> Definitions:
        """Return the signals of the definitions in some files, which come best first; `signals` are the task's."""
        self._live_files.forget()
        return self._locate(asked, signals, files, self._live_files.lines(files))

    def headline_features(self, asked: TaskQuery, signals: Signals) -> dict[str, float]:
        """Return what `confidence` measures of a task, whatever the ranking's weights are."""
        return measure_task(self.index, self._store, asked, signals)

    def _place_definitions(
        self,
        found: Definitions,
        asked: RankedTask,
        lines: Texts,
        ranks: Mapping[int, int],
        said: Mapping[int, Quotation],
    ) -> list[Placed]:
        """Return the best definitions whose text is still in their file; `said` are those with a quotation."""
        own = ranking.scores(found.names, found.values, ranking.SYMBOL_WEIGHTS)
        scores = ranking.definition_scores(own, asked.scores[found.files], found.files, found.namesakes)
        rules.put_first(scores, find_outright(asked.named, said, found, ranks))
        placed: list[Placed] = []
        best = ranking.best(scores, 2 * MOST_SYMBOLS)
        for at, file, score in zip(best, found.files[best].tolist(), scores[best].tolist(), strict=True):
            text, definition = lines.get(file), found.rows[at]
            span = self._place(file, definition) if text is not None else None
            if text is not None and span is not None:
                path = self.index.paths[file]
                shown = LineRange(text, span.start, span.stop) if len(placed) < MOST_SYMBOLS else ()
                secret = may_hold_secrets(path)
                placed.append(Placed(path, file, ranks[file], definition, span, score, at, shown, secret))
        return placed

    def _place(self, file: int, definition: DefinitionRow) -> Span | None:
        return find_span(file, definition, self.ground, self._live_files)

    # Notes and predictions

    def notes(self, subject: str) -> Note:
        """Say what is known about a subject."""
        from noctule.indexer.notes.note import find_claims  # no pack waits for it

        self._live_files.forget()
        meant, claims, withheld = find_claims(subject, self.ground, self._ref.root, lambda: self.predict((), "", 3))
        if (recall := self._recall) is not None:
            said, fallen = recall.about(meant, self.ground)
            claims, withheld = (*claims, *said), dict(Counter(withheld) + Counter(fallen))
        return Note(
            revision=self.revision,
            dirty=self.is_dirty,
            subject=meant.name,
            subject_kind=meant.kind,
            claims=claims,
            withheld=withheld,
            freshness=replace(self.freshness, withheld_claims=sum(withheld.values())),
        )

    @cached_property
    def ground(self) -> ViewFacts:
        """What notes are written from."""
        ground = ViewFacts(self._store, self._parts, self.index, self._live_files, self._ref.place)
        return apply_editor_answers(ground, self._oids, self._ref.folder, self._ref.view_name)

    @cached_property
    def _live_files(self) -> LiveFiles:
        return LiveFiles(self.index.paths, self._oids, self.live, self._ref.place, self._view.revision)

    def predict(self, given: Sequence[str], text: str, k: int, *, explains: bool = True) -> Forecast:
        """Name the likeliest change points, files first, then symbols; files alone, if unexplained. UnknownSubject."""
        from noctule.indexer.notes.subject import find_file  # 0.1 s with the next that no pack waits for
        from noctule.indexer.serve.forecasts import make_forecast

        given = [find_file(path, self.ground, self._ref.root) for path in given]
        parts, known = _load_forecast(self._store, self._view)
        is_there = self._live_files.is_there
        forecast = make_forecast(
            parts, known, self.ground, self._touches, is_there, given=given, text=text, k=k, explains=explains
        )
        return replace(forecast, revision=self.revision, dirty=self.is_dirty, freshness=self.freshness)


def _elapsed_ms(search: float, spans: float, pack: float) -> dict[str, float]:
    """Return the milliseconds of each part of an answer, and of all."""
    parts = {"search": search, "spans": spans, "pack": pack, "total": search + spans + pack}
    return {part: round(taken, 2) for part, taken in parts.items()}


def _vote(
    recall: Recall | None, text: str, index: Index, ground: ViewFacts, scores: Floats
) -> tuple[Mapping[str, float], Mapping[int, float]]:
    """Add the votes of a model's notes to the scores; return what was expected of the task, and the votes."""
    expected = recall.expected(text, index.rarity) if recall is not None else {}
    votes = recall.votes(expected, ground) if recall is not None and expected else {}
    for file, vote in votes.items():
        scores[file] += VOTE * vote
    return expected, votes


def _find_quoted(asked: TaskQuery, scores: Floats, index: Index, live: LiveFiles) -> dict[int, list[Quotation]]:
    """Return which of the likeliest source files contain what a task quotes."""
    live.forget()
    source = [file for file in ranking.best(scores, CANDIDATE_FILES) if index.is_source(file)]
    return find_places(asked.quoted, live.lines(source))


def _names_there(names: Sequence[str], outline: LiveOutline | None) -> list[str]:
    """Return the names of a task that a file defined, as far as it still does."""
    there = None if outline is None else {d.qualname.rpartition(".")[2] for d in outline.definitions}
    return [name for name in names if there is None or name in there]


def _find_log(ground: ViewFacts, edits: Sequence[EditSite]) -> ChangeLog | None:
    edited = next((site.file for site in edits if ground.role(site.file) == "source"), None)
    return find_change_log(ground, ground.path(edited)) if edited is not None else None


def _load_forecast(store: Store, view: ViewRow) -> tuple[Mapping[str, bytes], list[str]]:
    """Return what forecasts are made from, and the files that it is about: much, and no pack needs it.

    More may have been learned since the view was loaded: the files are those of the same moment.
    """
    loaded = store.load_view(view.name, ("state", "fitted", "files", "earlier"))
    if loaded is None:
        raise NotIndexed(f"{store.folder} was forgotten meanwhile", "ask again")
    return loaded[1], earlier_paths(loaded[1]) or view_columns.read_paths(unpack(loaded[1]["files"]))
