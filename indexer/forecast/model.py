"""Likely change points: evidence in, probabilities out, each with how often its like came true on this repository.

Knows no git, no file's text and no store, and does not learn: `indexer.forecast.training` does. `read_state` lays out
while asleep what a prediction reads; `predict` answers from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Array, Doubles
from noctule.indexer.forecast.ensemble import CUTS, MODEL, order, stitch
from noctule.indexer.forecast.features import (
    BASE,
    GIVEN,
    HALF_LIVES,
    WINDOW,
    WORDS,
    CommitFeatures,
    CommitWalk,
    Past,
    PathNames,
    base_evidence,
    evidence_rows,
    forecastable,
    hash_words,
    informative,
    session_files,
    word_evidence,
)
from noctule.indexer.forecast.together import Floats, Postings
from noctule.indexer.history.history import History, Ints
from noctule.indexer.history.symbol_churn import Touches
from noctule.indexer.results import LikelyChange, Reason

BEND_AT = -1.0
STRAIGHT = (1.0, 0.0, 0.0)
MOST_GIVEN = 12
MOST_WORDS = 40
MOST_EXPLAINED = 100
"""So many files come with the reasons for their rank."""

COLUMNS = {
    "alone": BASE,
    "given": (*BASE, *GIVEN),
    "task": (*BASE, *WORDS),
    "given and task": (*BASE, *GIVEN, *WORDS),
}
"""What a prediction can rest on beside the history itself; a model for each."""


@dataclass(frozen=True)
class Model:
    """A logistic regression over standardised evidence, and how it did on commits later than all it learned from.

    `hit_rate` and each of `baselines` give recall@k: the mean share of the files still to be found that are among the
    first k. `reliability` lists (mean probability, share that came true, how many) for bins of probability. `serving`
    names the orders that won on those commits, for the first file, the first five, ten and twenty.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    bend: tuple[float, float, float]
    trials: int
    learned_from: int
    hit_rate: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    brier: float
    brier_of_base_rate: float
    reliability: tuple[tuple[float, float, int], ...]
    serving: tuple[str, ...] = (MODEL,) * len(CUTS)

    def scores(self, evidence: Floats) -> Doubles:
        """Log-odds for each column of the evidence."""
        return bend_scores(np.array(self.weights, np.float32) @ evidence + np.float32(self.bias), self.bend)


@dataclass(frozen=True)
class Fitted:
    """A model for each kind of question, or the reason why there is none."""

    models: Mapping[str, Model] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Fitted:
        """Read what `to_dict` gave, also after a trip through JSON."""
        models = cast("Mapping[str, dict[str, object]]", data["models"])
        return cls(
            {name: Model(**_freeze(model)) for name, model in models.items()},  # type: ignore[arg-type]
            dict(cast("Mapping[str, str]", data["withheld"])),
        )


def _freeze(model: dict[str, object]) -> dict[str, object]:
    deep = {name: tuple(value) if isinstance(value, list | tuple) else value for name, value in model.items()}
    return deep | {"reliability": tuple(tuple(row) for row in cast("Sequence[Sequence[float]]", model["reliability"]))}


def bend_scores(scores: NDArray[np.floating], bend: tuple[float, float, float]) -> Doubles:
    """Log-odds corrected by a slope, a further slope above BEND_AT, and a shift."""
    slope, further, shift = bend
    return np.asarray(slope * scores + further * np.maximum(scores - BEND_AT, 0) + shift, np.float64)


def probabilities(scores: NDArray[np.floating]) -> Doubles:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), np.float64)


@dataclass(frozen=True, eq=False)
class State:
    """All that an answer reads, for the files that there are now; commits older than the window are left out."""

    paths: tuple[str, ...]
    past: Past
    names: PathNames
    now: CommitFeatures

    def to_columns(self) -> dict[str, Array]:
        """One-dimensional arrays by name; the paths are not among them."""
        past, names, now = self.past, self.names, self.now
        columns: dict[str, Array] = {"time": np.array([now.time])}
        for group, owner in (("past", past), ("names", names), ("now", now)):
            for name, value in vars(owner).items():
                if isinstance(value, Postings):
                    columns[f"{group}.{name}.offsets"], columns[f"{group}.{name}.values"] = value.offsets, value.values
                elif isinstance(value, np.ndarray):
                    columns[f"{group}.{name}"] = value.ravel()
        return columns

    @classmethod
    def from_columns(cls, columns: Mapping[str, Array], paths: Sequence[str]) -> State:
        """Read what `to_columns` gave for the same paths."""
        groups: dict[str, dict[str, object]] = {"past": {}, "names": {}, "now": {}}
        for name, values in columns.items():
            group, _, column = name.partition(".")
            column, _, part = column.partition(".")
            if part == "offsets":
                groups[group][column] = Postings(
                    cast("NDArray[np.int64]", values), cast("Ints", columns[f"{group}.{column}.values"])
                )
            elif group in groups and not part:
                groups[group][column] = values
        groups["now"]["churn"] = columns["now.churn"].reshape(len(HALF_LIVES), -1)
        return cls(
            tuple(paths),
            Past(**groups["past"]),  # type: ignore[arg-type]
            PathNames(**groups["names"]),  # type: ignore[arg-type]
            CommitFeatures(int(columns["time"][0]), **groups["now"]),  # type: ignore[arg-type]
        )


class CountWording(Protocol):
    """Says how often files changed, as notes say it; empty where there is nothing to say. See `history.counts`."""

    def describe_churn(self, path: str) -> str:
        """Say in how many of the latest commits a file changed."""
        ...

    def describe_recency(self, path: str) -> str:
        """Say how long ago a file changed last."""
        ...

    def describe_together(self, others: Sequence[str], path: str) -> str:
        """Say with which of some files another changed most often."""
        ...


@dataclass(frozen=True)
class Prediction:
    """The likeliest change points with the record of the model that named them, or why there are none."""

    kind: str
    change_points: tuple[LikelyChange, ...] = ()
    hit_rate: Mapping[str, float] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    trials: int = 0
    withheld: str | None = None


def make_state(history: History, live_paths: Sequence[str]) -> State:
    """Lay out the present of the files that there are."""
    past = Past.of(history)
    present = len(past.flags)
    now = CommitWalk(history, past).to(present)
    paths = tuple(dict.fromkeys(live_paths))
    ids = {path: number for number, path in enumerate(history.paths) if history.current[number] == number}
    known = np.array([ids.get(path, -1) for path in paths] or [-1], np.int32)[: len(paths)]
    number_of = np.full(len(history.paths), -1, np.int32)
    number_of[known[known >= 0]] = np.flatnonzero(known >= 0)
    first = max(present - WINDOW, 0)

    def take_rows(values: Array, absent: float) -> NDArray[np.generic]:
        if not len(history.paths):
            return np.full(len(paths), absent, values.dtype)
        return np.where(known >= 0, values[known], np.array(absent, values.dtype))

    return State(
        paths,
        Past.of(history, first, number_of, len(paths)),
        PathNames.of(paths),
        CommitFeatures(
            time=present - first,
            churn=np.stack([take_rows(churn, 0) for churn in now.churn]).astype(np.float32),
            last=np.asarray(take_rows(now.last, -1) - first, np.int32),
            born=np.asarray(take_rows(now.born, -1) - first, np.int32),
            touches=take_rows(now.touches, 0).astype(np.float32),
            fixes=take_rows(now.fixes, 0).astype(np.float32),
            alive=forecastable(paths),
            path_of=np.arange(len(paths), dtype=np.int32),
        ),
    )


def predict(
    state: State,
    fitted: Fitted,
    counts: CountWording,
    *,
    given: Sequence[str] = (),
    words: Sequence[str] = (),
    k: int = 20,
    explains: bool = True,
) -> Prediction:
    """Name the `k` files that the next change likeliest touches, beside those of `given`.

    `words` are terms of the task, as `indexer.terms` cuts them. Given files and words that the history does not know
    are passed over. `counts` puts into words how often files changed; unless it `explains`, no reasons are given.
    """
    sight = state.past, state.names, state.now
    numbers = {path: number for number, path in enumerate(state.paths)}
    files = [numbers[path] for path in dict.fromkeys(given) if path in numbers][:MOST_GIVEN]
    terms = _filter_known(state, words)
    kind = {(False, False): "alone", (True, False): "given", (False, True): "task", (True, True): "given and task"}[
        bool(files), bool(terms)
    ]
    if kind not in fitted.models:
        return Prediction(kind, withheld=fitted.withheld.get(kind, "needs an index; run `noctule sleep`"))
    model = fitted.models[kind]
    evidence = np.concatenate(
        [
            base_evidence(*sight),
            *([evidence_rows(*sight, files)] if files else []),
            *([word_evidence(*sight, terms)] if terms else []),
        ]
    )
    scores = model.scores(evidence)
    candidates = state.now.alive.copy()
    candidates[[numbers[path] for path in given if path in numbers]] = False
    count = min(max(k, 0), int(candidates.sum()))
    ranked = rank_scores(kind, scores, state.now, evidence)
    best = stitch({name: order(name, ranked, candidates, count) for name in set(model.serving)}, model.serving, count)
    # The order is that which found most; the model's probabilities go with it, the highest with the first file.
    chances = -np.sort(-probabilities(scores[best]))
    why, most = _Why(state, model, files, terms, counts), MOST_EXPLAINED if explains else 0
    points = tuple(
        LikelyChange(state.paths[at], None, chance, why.reasons(at, evidence[:, at]) if n < most else ())
        for n, (at, chance) in enumerate(zip(best, chances.tolist(), strict=True))
    )
    return Prediction(kind, points, model.hit_rate, model.baselines, model.trials)


def rank_scores(
    kind: str, scores: NDArray[np.floating], now: CommitFeatures, evidence: Floats
) -> dict[str, NDArray[np.floating]]:
    """Return the rankings that an answer can be made of: the model's, and those that need none."""
    ranked: dict[str, NDArray[np.floating]] = {
        MODEL: scores,
        "recency": now.last + 1e-6 * now.touches.astype(np.float64),
        "frequency": now.touches,
    }
    if "given" in kind:
        columns = COLUMNS[kind]
        churn = evidence[columns.index("churn 200")]
        ranked["co-change"] = evidence[columns.index("best co-change")] + 1e-4 * churn
    return ranked


def rank_symbols(points: Sequence[LikelyChange], touches: Touches, k: int = 20) -> tuple[LikelyChange, ...]:
    """Name the `k` symbols that the next change likeliest touches: the chance of the file times the symbol's in it."""
    found = [
        LikelyChange(
            point.path,
            symbol,
            point.probability * chance,
            (*_symbol_reasons(touches, point.path, symbol), *point.reasons),
        )
        for point in points
        for symbol, chance in touches.likeliest(point.path)
    ]
    return tuple(sorted(found, key=lambda point: (-point.probability, point.path, point.symbol or ""))[: max(k, 0)])


def _symbol_reasons(touches: Touches, path: str, symbol: str) -> Iterator[Reason]:
    count, of = touches.symbols[path][symbol], touches.files[path]
    text = f"changed in {count} of the last {of} commits that edited definitions of its file"
    yield Reason("symbol", text, count / of)


def _filter_known(state: State, words: Sequence[str]) -> list[str]:
    """The first words of a task that stand in a past message or in a path; a task says first what it is about."""
    asked = list(dict.fromkeys(words))
    if not asked:
        return []  # a hover asks without words, and numpy would import more and sort the words of all commits for none
    hashes = hash_words(asked)
    known = np.isin(hashes, state.past.words) | np.isin(hashes, state.names.words)
    return [word for word, is_known in zip(asked, known.tolist(), strict=True) if is_known][:MOST_WORDS]


_KINDS = {
    **dict.fromkeys((*(f"churn {half_life}" for half_life in HALF_LIVES), "touches", "age", "fix share"), "churn"),
    "recency": "recency",
    "directory churn": "directory",
    "same directory": "directory",
    **dict.fromkeys(("session co-change", "session file", "session directory"), "session"),
    **dict.fromkeys(
        ("best co-change", "joint co-change", "long co-change", "best share", "last together", "has co-change"),
        "co-change",
    ),
    "co-change churn": "co-change",
    "same stem": "pair",
    "similar commits": "words",
    "word commits": "words",
    "name words": "path",
}


class _Why:
    """Says in words which evidence speaks for a file."""

    def __init__(
        self, state: State, model: Model, given: Sequence[int], words: Sequence[str], counts: CountWording
    ) -> None:
        self._counts = counts
        self._state = state
        self._model = model
        self._given = given
        self._words = words

    def reasons(self, file: int, evidence: Floats) -> tuple[Reason, ...]:
        """The three kinds of evidence that add most to the log-odds, each with what it adds."""
        added: dict[str, float] = {}
        model = self._model
        for column, weight, mean, value in zip(
            model.columns, model.weights, model.mean, evidence.tolist(), strict=True
        ):
            added[_KINDS[column]] = added.get(_KINDS[column], 0.0) + weight * (value - mean)
        details = {
            "churn": self._churn,
            "recency": self._recency,
            "session": self._session,
            "directory": self._directory,
            "co-change": self._cochange,
            "pair": self._pair,
            "words": self._reason_text,
            "path": self._path,
        }
        ranked = sorted(added, key=lambda kind: (-added[kind], kind))
        told = ((kind, details[kind](file), added[kind]) for kind in ranked if added[kind] > 0.05)
        return tuple(Reason(kind, detail, round(weight, 4)) for kind, detail, weight in told if detail)[:3]

    def _churn(self, file: int) -> str:
        return self._counts.describe_churn(self._state.paths[file])

    def _recency(self, file: int) -> str:
        return self._counts.describe_recency(self._state.paths[file])

    def _session(self, file: int) -> str:
        recent = session_files(self._state.past, self._state.now.time)
        if file in recent:
            return "changed in the latest commits"
        together = self._together_phrase(recent, file)
        return f"{together}, which just changed" if together else ""

    def _directory(self, file: int) -> str:
        folder = self._state.paths[file].rpartition("/")[0]
        same = [other for other in self._given if self._state.paths[other].rpartition("/")[0] == folder]
        where = folder or "the repository root"
        return f"in {where}, like {self._state.paths[same[0]]}" if same else f"files in {where} change often"

    def _cochange(self, file: int) -> str:
        return self._together_phrase(self._given, file)

    def _together_phrase(self, others: Iterable[int], file: int) -> str:
        """Say with which of some files another changed most often."""
        paths = self._state.paths
        return self._counts.describe_together([paths[other] for other in others], paths[file])

    def _pair(self, file: int) -> str:
        stems = self._state.names.stems
        same = [other for other in self._given if stems[other] == stems[file]]
        return f"named like {self._state.paths[same[0]]}" if same else ""

    def _reason_text(self, file: int) -> str:
        past, time = self._state.past, self._state.now.time
        told = informative(past, hash_words(self._words), time)
        hits = [(rare, at) for at, rows, rare in told if np.isin(rows, past.files.row(file)).any()]
        words = ", ".join(self._words[at] for _, at in sorted(hits, key=lambda hit: (-hit[0], hit[1]))[:3])
        return f"changed in commits about {words}" if words else ""

    def _path(self, file: int) -> str:
        own = set(PathNames.of([self._state.paths[file]]).words.tolist())
        said = [word for word, key in zip(self._words, hash_words(self._words).tolist(), strict=True) if key in own]
        return f"its path contains {', '.join(said[:3])}" if said else ""
