"""The weights of the ranking, fitted on the signals of tasks whose answer is known. Reads no repository.

File weights come from a listwise softmax regression (`indexer.search.fit`) over the files that any signal finds; those
of questions from another one; those of companions from one over what the first files are bound to;
weights of definitions from one within each file that was right, and those of places from one over the likeliest
definitions of all files. The ranking uses them alike. All weights are held near zero.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from noctule.evals.errors import RunError
from noctule.evals.experiments.fit_figures import Figures, Outcome
from noctule.evals.solvers.signals import SignalCollector, is_evidence, signals_path
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.trajectories import Recording
from noctule.indexer.arrays import Doubles, Floats, Ints
from noctule.indexer.search import companions, ranking
from noctule.indexer.search.confidence import LEAST_ABOUT, estimate_about, measure_ranking, with_doubt
from noctule.indexer.search.fit import RankedChoice, score
from noctule.indexer.search.fit import fit as fitted_weights
from noctule.lsp_server.text.numbers import count

COLUMNS = (
    *("file_values", "file_right", "definition_values", "definition_files", "definition_right", "bears"),
    *("namesakes", "seeds", "companions", "headline_values"),
)
"""The parts of an example as its file names them."""
NAMES = ("file_names", "definition_names", "headline_names")
"""And how it names their columns."""
SIGNALS = "signals"
"""The folder of a run that holds the signals."""
FOUND_BY_EACH = 20
"""So many files that each signal finds are candidates."""
FIRST_FILES = 50
"""So many files of the ranking are candidates for what changes together, and some that each companion signal finds."""
FIRST_DEFINITIONS = 400
"""So many definitions of all files are candidates for the weights of places."""
FILE_PULL, QUESTION_PULL, COMPANION_PULL, DEFINITION_PULL, PLACE_PULL = 1.0, 8.0, 1.0, 1.0, 1.0
"""How hard the weights are held near zero; harder those of questions, which are of few repositories."""
AROUND_PULL = 60.0
"""How hard a weight is held near another one that is not zero: that one was fitted on many tasks."""
DIGITS = 2


@dataclass(frozen=True, slots=True)
class FitSource:
    """A file of tasks, and how many of them were used."""

    file: str
    sha256: str
    tasks: int


@dataclass(frozen=True, slots=True)
class Example:
    """The signals of one task; rows are files or definitions, columns are signals.

    `bears` has for each definition which function of the gold has its name, -1 for none; `namesakes` a number that it
    shares with those of its file that have its name. `companions` has for each
    file of `seeds` one row for each companion signal, one column for each file.
    """

    task: str
    repository: str
    file_values: Floats
    file_right: np.ndarray
    missing: bool
    definition_values: Floats
    definition_files: Ints
    definition_right: np.ndarray
    bears: Ints
    functions: int
    namesakes: Ints
    seeds: Ints
    companions: Floats
    headline_values: Doubles = field(default_factory=lambda: np.empty(0))
    words: int = 0
    asks: bool = False
    language: str = ""
    stranger: Example | None = None
    """The title of a task of another repository, asked in this one."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of signals, by name: of files, of files for a question, of companions, of definitions, of places.

    `headline` are those of what tells how sure the first file is.
    """

    files: Mapping[str, float]
    questions: Mapping[str, float]
    companions: Mapping[str, float]
    definitions: Mapping[str, float]
    places: Mapping[str, float]
    headline: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Examples:
    """All examples, with the names of their columns."""

    file_names: tuple[str, ...]
    definition_names: tuple[str, ...]
    each: tuple[Example, ...]
    headline_names: tuple[str, ...] = ()

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories of the tasks, each once."""
        return tuple(sorted({example.repository for example in self.each}))

    def split(self, repository: str) -> tuple[Examples, Examples]:
        """Return the examples of all other repositories, and those of this one."""
        mine = tuple(e for e in self.each if e.repository == repository)
        return replace(self, each=tuple(e for e in self.each if e.repository != repository)), replace(self, each=mine)


def make_collector(
    name: str,  # noqa: ARG001 - solvers are made alike
    recordings: Mapping[str, Sequence[Recording]],  # noqa: ARG001
    folder: Path,
    strangers: Mapping[str, str],
) -> SignalCollector:
    """Return what collects signals into a folder."""
    return SignalCollector(folder, strangers)


def load(folder: Path, tasks: Iterable[Task]) -> Examples:
    """Read the signals of tasks. RunError where some were collected with other signals than the rest."""
    names: set[tuple[tuple[str, ...], ...]] = set()
    each: list[Example] = []
    for task in tasks:
        with np.load(signals_path(folder, task)) as read:
            names.add(tuple(tuple(read[name].tolist()) for name in NAMES))
            each.append(
                Example(
                    task.id,
                    task.repository,
                    **{name: read[name] for name in COLUMNS},
                    missing=bool(read["missing"]),
                    functions=int(read["functions"]),
                    words=len(task.text.split()),
                    asks=bool(read["asks"]),
                    language=str(read["language"]),
                    stranger=_read_stranger(task, read) if "stranger_values" in read else None,
                )
            )
    if len(names) != 1:
        what = "signals that differ from task to task" if names else "no signals"
        raise RunError(f"{folder} holds {what}", "name another folder with --run, to collect them")
    file_names, definition_names, headline_names = names.pop()
    return Examples(file_names, definition_names, tuple(each), headline_names)


def _read_stranger(task: Task, read: Mapping[str, np.ndarray]) -> Example:
    values, none = read["stranger_values"], np.empty(0, np.int64)
    right, of_none, is_missing = np.zeros(len(values), bool), none.astype(bool), True
    own = np.empty((0, len(read["definition_names"])), np.float32)
    seeds, joined, headline = (read[f"stranger_{name}"] for name in ("seeds", "companions", "headline"))
    name, home = task.id, task.repository
    return Example(name, home, values, right, is_missing, own, none, of_none, none, 0, none, seeds, joined, headline)


def read_weights(file: Path) -> Weights:
    """Read weights as `document` writes them."""
    read = json.loads(file.read_bytes())
    return Weights(**{table: read[table] for table in Weights.__dataclass_fields__})


# Fit


def fit(
    examples: Examples,
    near: Weights | None = None,
    around: Weights | None = None,
    only: Collection[str] | None = None,
) -> Weights:
    """Return the weights that make what was right likely; `near` are weights from which to begin.

    They are held near zero, or near those `around` which they are. Tables that are not among `only` are those of
    `around`.
    """
    evidence = [is_evidence(name) or name.startswith("churn") for name in examples.file_names]
    right = [example for example in examples.each if example.file_right.any()]
    shares = count_shares(example.repository for example in right)

    def make(
        table: str, names: Sequence[str], pull: float, choose: Callable[[], list[RankedChoice]]
    ) -> dict[str, float]:
        known = getattr(around, table) if around is not None else {}
        if only is not None and table not in only:
            return dict(known)
        return _fit(choose(), names, pull, getattr(near, table) if near is not None else None, known)

    def choose_files(*, asks: bool) -> list[RankedChoice]:
        return [_file_choice(e, evidence, shares[e.repository]) for e in right if e.asks == asks]

    files = make("files", examples.file_names, FILE_PULL, lambda: choose_files(asks=False))
    asked = any(e.asks for e in right) or around is not None
    questions = (
        make("questions", examples.file_names, QUESTION_PULL, lambda: choose_files(asks=True)) if asked else files
    )
    first = Weights(files, questions, {}, {}, {})
    second = replace(
        first,
        companions=make(
            *("companions", companions.NAMES, COMPANION_PULL),
            lambda: [_companion_choice(e, examples, first, shares[e.repository]) for e in right if not e.asks],
        ),
        definitions=make(
            *("definitions", examples.definition_names, DEFINITION_PULL),
            lambda: [c for e in examples.each for c in _definition_choices(e, shares.get(e.repository, 1.0))],
        ),
    )
    return replace(
        second,
        places=make(
            *("places", ranking.PLACES, PLACE_PULL),
            lambda: [
                _place_choice(e, examples, second, shares[e.repository]) for e in right if e.definition_right.any()
            ],
        ),
    )


def _fit(
    choices: Sequence[RankedChoice],
    names: Sequence[str],
    pull: float,
    near: Mapping[str, float] | None,
    around: Mapping[str, float] | None,
) -> dict[str, float]:
    centre = _column(names, around or {})
    begin = centre if near is None else _column(names, near)
    found = fitted_weights(choices, centre, np.where(centre, AROUND_PULL * pull, pull), lambda: None, begin)
    return {name: round(weight, DIGITS) for name, weight in zip(names, found.tolist(), strict=True)}


def count_shares(repositories: Iterable[str]) -> dict[str, float]:
    """Return what each task of a repository counts, given each task's: many of one say less than as many of several."""
    tasks = Counter(repositories)
    usual = np.median(list(tasks.values())) if tasks else 1.0
    return {repository: float(min(1.0, (usual / number) ** 0.5)) for repository, number in tasks.items()}


def _file_choice(example: Example, evidence: Sequence[bool], share: float) -> RankedChoice:
    """Return the files that were right beside those that some signal puts among its first."""
    values = example.file_values
    found = [np.argsort(-column, kind="stable")[:FOUND_BY_EACH] for column in values[:, evidence].T if column.any()]
    kept = np.unique(np.concatenate([np.flatnonzero(example.file_right), *found]))
    return RankedChoice(values[kept], example.file_right[kept], share, missing=example.missing)


def _companion_choice(example: Example, examples: Examples, weights: Weights, share: float) -> RankedChoice:
    """Return the first files of the ranking and what they are bound to; their scores count as they are."""
    scores = _first_scores(example, examples, weights)
    together = _companions(example, scores)
    found = [np.argsort(-column, kind="stable")[:FOUND_BY_EACH] for column in together.T if column.any()]
    kept = np.unique(np.concatenate([np.flatnonzero(example.file_right), ranking.order(scores)[:FIRST_FILES], *found]))
    return RankedChoice(together[kept], example.file_right[kept], share, base=scores[kept])


def _definition_choices(example: Example, share: float) -> list[RankedChoice]:
    """Return a choice for each file that holds a function that was right; together they count as one task."""
    files = np.unique(example.definition_files[example.definition_right])
    rows = [np.flatnonzero(example.definition_files == file) for file in files]
    return [
        RankedChoice(example.definition_values[at], example.definition_right[at], share=share / len(files))
        for at in rows
        if not example.definition_right[at].all()
    ]


def _place_choice(example: Example, examples: Examples, weights: Weights, share: float) -> RankedChoice:
    """Return the first definitions of all files and those that were right, as they place among each other."""
    values = _place_values(example, examples, weights, file_scores(example, examples, weights)).T
    likely = values[:, ranking.PLACES.index("own")] + values[:, ranking.PLACES.index("file")]
    first = ranking.order(likely - values[:, ranking.PLACES.index("rivals")])[:FIRST_DEFINITIONS]
    kept = np.union1d(first, np.flatnonzero(example.definition_right))
    return RankedChoice(values[kept], example.definition_right[kept], share)


# Ranks


def _place_values(example: Example, examples: Examples, weights: Weights, scores: Doubles) -> Floats:
    own = (example.definition_values @ _column(examples.definition_names, weights.definitions)).astype(np.float32)
    files = example.definition_files
    return ranking.place_values(own, scores[files].astype(np.float32), files)


def _first_scores(example: Example, examples: Examples, weights: Weights) -> Doubles:
    table = weights.questions if example.asks else weights.files
    scores: Doubles = example.file_values @ _column(examples.file_names, table)
    return scores


def _companions(example: Example, scores: Doubles) -> Doubles:
    """Return one row for each file and one column for each companion signal, as the ranking joins them."""
    total = np.zeros((len(companions.NAMES), len(scores)))
    for file, share in zip(*ranking.first_files(scores, companions.SEEDS), strict=True):
        at = np.flatnonzero(example.seeds == file)
        if len(at):
            total += share * example.companions[at[0]]
    return total.T


def file_scores(example: Example, examples: Examples, weights: Weights) -> Doubles:
    """Return the score of each file of a task."""
    scores = _first_scores(example, examples, weights)
    if example.asks:
        return scores
    found: Doubles = scores + _companions(example, scores) @ _column(companions.NAMES, weights.companions)
    return found


def fit_figures(examples: Examples, weights: Weights) -> Figures:
    """Say how weights rank the tasks."""
    each: list[Outcome] = []
    for example in examples.each:
        scores = file_scores(example, examples, weights)
        worst = functions = None
        if example.file_right.any():
            as_they_are = RankedChoice(scores[:, None], example.file_right, missing=example.missing)
            worst = score(as_they_are, np.ones(1)).worst
        if example.functions:
            values = _place_values(example, examples, weights, scores)
            joined = ranking.scores(ranking.PLACES, values, weights.places)
            ranked = ranking.order(ranking.put_namesakes_after(joined, example.namesakes))
            functions = _rank_of_last(example.bears[ranked], example.functions)
        gold = int(example.file_right.sum()) + example.missing
        features = _headline_features(example, examples, scores)
        each.append(
            Outcome(
                example.task,
                example.language,
                example.asks,
                gold,
                worst,
                functions,
                example.repository,
                example.words,
                is_first_right=bool(example.file_right[int(np.argmax(scores))]),
                is_about=bool(features) and estimate_about(features) >= LEAST_ABOUT,
                features=features,
            )
        )
    strange = [(e.stranger, e.task) for e in examples.each if e.stranger is not None]
    return Figures(tuple(each), tuple(_judge_stranger(one, task, examples, weights) for one, task in strange))


def _judge_stranger(example: Example, task: str, examples: Examples, weights: Weights) -> Outcome:
    features = _headline_features(example, examples, file_scores(example, examples, weights))
    is_about = estimate_about(features) >= LEAST_ABOUT
    return Outcome(
        task, "", False, 0, None, None, example.repository, is_about=is_about, features=features, is_stranger=True
    )


def _headline_features(example: Example, examples: Examples, scores: Doubles) -> dict[str, float]:
    if not examples.headline_names:
        return {}
    known = dict(zip(examples.headline_names, example.headline_values.tolist(), strict=True))
    return with_doubt({**known, **measure_ranking(scores, examples.file_names, example.file_values.T)})


def _rank_of_last(bears: Ints, functions: int) -> float:
    """Return how many names have to be read until all functions are found; those of one name count once."""
    ranks = [np.flatnonzero(bears == number)[:1] for number in range(functions)]
    return float(max(rank[0] + 1 if len(rank) else np.inf for rank in ranks))


def cross_validate(
    examples: Examples, near: Weights, around: Weights | None = None, only: Collection[str] | None = None
) -> Figures:
    """Rank the tasks of each repository with weights that were fitted on the others; `near` are those of all."""
    found: list[Figures] = []
    for repository in examples.repositories:
        others, mine = examples.split(repository)
        found.append(fit_figures(mine, fit(others, near, around, only)))
    return Figures(tuple(o for one in found for o in one.each), tuple(o for one in found for o in one.strangers))


def _column(names: Sequence[str], weights: Mapping[str, float]) -> Doubles:
    return np.array([weights.get(name, 0.0) for name in names], np.float64)


# What is said of it


def in_use() -> Weights:
    """Return the weights that the ranking has."""
    return Weights(
        ranking.FILE_WEIGHTS,
        ranking.QUESTION_WEIGHTS,
        ranking.COMPANION_WEIGHTS,
        ranking.SYMBOL_WEIGHTS,
        ranking.PLACE_WEIGHTS,
        ranking.HEADLINE_WEIGHTS,
    )


def lines(examples: Examples, left_out: Figures, used: Figures) -> list[str]:
    """Compare left-out figures with those of the weights in use."""
    tasks, repositories = count(len(examples.each), "task"), count(len(examples.repositories), "repository")
    found = [f"{tasks} of {repositories}; left out: by weights fitted on the other repositories"]
    pairs = zip(left_out.rows().items(), used.rows().values(), strict=True)
    for (name, (number, share)), (_, now) in pairs:
        found.append(f"  {name:<40}{number:>5} tasks  left out {share:5.1f}%  weights in use {now:5.1f}%")
    return found


def differences(found: Weights, used: Weights) -> list[str]:
    """Name the weights in use that are not those found; the last digit may differ by one, as sums do elsewhere."""
    said = []
    mine, theirs = asdict(found), asdict(used)
    for table, fitted in mine.items():
        for name in dict.fromkeys([*fitted, *theirs[table]]):
            now, then = theirs[table].get(name, 0.0), fitted.get(name, 0.0)
            if abs(now - then) > 1.5 * 10**-DIGITS:
                said.append(f"{table}, signal {name!r}: {now} in use, {then} fitted")
    return said


def document(
    found: Weights, left_out: Figures, sources: Sequence[FitSource], around: Path | None = None
) -> dict[str, object]:
    """Return what the file of weights holds: the weights, the tasks that they were fitted on, and left-out figures.

    With the tasks of the weights `around` which they were fitted.
    """
    known = json.loads(around.read_bytes()) if around is not None else {}
    return {
        "made by": "noctule eval fit",
        "tasks": [asdict(source) for source in sources],
        "around weights of": [*known.get("around weights of", ()), *known.get("tasks", ())],
        "left out": {name: {"tasks": n, "percent": share} for name, (n, share) in left_out.rows().items()},
        **asdict(found),
    }
