"""The weights of the ranking, fitted on the signals of tasks whose answer is known; and how well they rank the tasks of
repositories that the fit has not seen. Reads no repository; writes nothing.

File weights come from a listwise softmax regression (`indexer.search.fit`) over the files that any signal finds;
weights of definitions come from one within each file that was right. The ranking uses them alike: it adds up
log P(file) and log P(definition | file). All weights are held near zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from noctule.evals.errors import RunError
from noctule.evals.solvers.signals import SignalCollector, is_evidence, signals_path
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.trajectories import Recording
from noctule.indexer.arrays import Floats, Ints
from noctule.indexer.search import ranking
from noctule.indexer.search.fit import Doubles, RankedChoice, score
from noctule.indexer.search.fit import fit as fitted_weights
from noctule.lsp_server.text.numbers import count

COLUMNS = ("file_values", "file_right", "definition_values", "definition_files", "definition_right", "bears")
"""The parts of an example as its file names them."""
SIGNALS = "signals"
"""The folder of a run that holds the signals."""
FOUND_BY_EACH = 20
"""So many files that each signal finds are candidates."""
FILE_PULL, DEFINITION_PULL = 1.0, 1.0
"""How hard the weights are held near zero."""
FILE_CUTS, FUNCTION_CUT = (1, 5, 10), 10
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

    `bears` has for each definition which function of the gold has its name, -1 for none.
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


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of file signals and of definition signals, by name."""

    files: Mapping[str, float]
    definitions: Mapping[str, float]


@dataclass(frozen=True)
class Examples:
    """All examples, with the names of their columns."""

    file_names: tuple[str, ...]
    definition_names: tuple[str, ...]
    each: tuple[Example, ...]

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories of the tasks, each once."""
        return tuple(sorted({example.repository for example in self.each}))

    def split(self, repository: str) -> tuple[Examples, Examples]:
        """Return the examples of all other repositories, and those of this one."""
        mine = tuple(e for e in self.each if e.repository == repository)
        return replace(self, each=tuple(e for e in self.each if e.repository != repository)), replace(self, each=mine)


def make_collector(name: str, recordings: Mapping[str, Sequence[Recording]], folder: Path) -> SignalCollector:  # noqa: ARG001 - solvers are made alike
    """Return what collects signals into a folder."""
    return SignalCollector(folder)


def load(folder: Path, tasks: Iterable[Task]) -> Examples:
    """Read the signals of tasks. RunError where some were collected with other signals than the rest."""
    names: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    each: list[Example] = []
    for task in tasks:
        with np.load(signals_path(folder, task)) as read:
            names.add((tuple(read["file_names"].tolist()), tuple(read["definition_names"].tolist())))
            columns = {name: read[name] for name in COLUMNS}
            each.append(
                Example(
                    task.id, task.repository, **columns, missing=bool(read["missing"]), functions=int(read["functions"])
                )
            )
    if len(names) != 1:
        what = "signals that differ from task to task" if names else "no signals"
        raise RunError(f"{folder} holds {what}", "name another folder with --run, to collect them")
    file_names, definition_names = names.pop()
    return Examples(file_names, definition_names, tuple(each))


# Fit


def fit(examples: Examples) -> Weights:
    """Return the weights that make what was right likely."""
    evidence = [is_evidence(name) or name.startswith("churn") for name in examples.file_names]
    files = [_file_choice(example, evidence) for example in examples.each if example.file_right.any()]
    definitions = [choice for example in examples.each for choice in _definition_choices(example)]
    return Weights(
        _fit(files, examples.file_names, FILE_PULL),
        _fit(definitions, examples.definition_names, DEFINITION_PULL),
    )


def _fit(choices: Sequence[RankedChoice], names: Sequence[str], pull: float) -> dict[str, float]:
    found = fitted_weights(choices, np.zeros(len(names)), pull, lambda: None)
    return {name: round(weight, DIGITS) for name, weight in zip(names, found.tolist(), strict=True)}


def _file_choice(example: Example, evidence: Sequence[bool]) -> RankedChoice:
    """Return the files that were right beside those that some signal puts among its first."""
    values = example.file_values
    found = [np.argsort(-column, kind="stable")[:FOUND_BY_EACH] for column in values[:, evidence].T if column.any()]
    kept = np.unique(np.concatenate([np.flatnonzero(example.file_right), *found]))
    return RankedChoice(values[kept], example.file_right[kept], missing=example.missing)


def _definition_choices(example: Example) -> list[RankedChoice]:
    """Return a choice for each file that holds a function that was right; together they count as one task."""
    files = np.unique(example.definition_files[example.definition_right])
    rows = [np.flatnonzero(example.definition_files == file) for file in files]
    return [
        RankedChoice(example.definition_values[at], example.definition_right[at], share=1 / len(files))
        for at in rows
        if not example.definition_right[at].all()
    ]


# Figures


@dataclass(frozen=True)
class Figures:
    """Which tasks have all files among the first of each cut, and which have all functions among the first ones."""

    files: Mapping[int, Mapping[str, bool]]
    functions: Mapping[str, bool]

    def rows(self) -> dict[str, tuple[int, float]]:
        """Return by figure the number of tasks and the share of them, in percent."""
        each = {f"files Acc@{cut}": found for cut, found in self.files.items()}
        each[f"functions Acc@{FUNCTION_CUT}"] = self.functions
        return {name: (len(f), round(100 * sum(f.values()) / max(len(f), 1), 1)) for name, f in each.items()}


def fit_figures(examples: Examples, weights: Weights) -> Figures:
    """Say how weights rank the tasks."""
    of_file = _column(examples.file_names, weights.files)
    of_definition = _column(examples.definition_names, weights.definitions)
    worst: dict[str, float] = {}
    functions: dict[str, bool] = {}
    for example in examples.each:
        scores = example.file_values @ of_file
        if example.file_right.any():
            choice = RankedChoice(example.file_values, example.file_right, missing=example.missing)
            worst[example.task] = score(choice, of_file).worst
        if example.functions:
            own = (example.definition_values @ of_definition).astype(np.float32)
            joined = ranking.within_files(
                own, scores[example.definition_files].astype(np.float32), example.definition_files
            )
            first = example.bears[ranking.order(joined)[:FUNCTION_CUT]]
            functions[example.task] = set(range(example.functions)) <= set(first.tolist())
    return Figures({cut: {task: rank <= cut for task, rank in worst.items()} for cut in FILE_CUTS}, functions)


def cross_validate(examples: Examples) -> Figures:
    """Rank the tasks of each repository with weights that were fitted on the others."""
    each: list[Figures] = []
    for repository in examples.repositories:
        others, mine = examples.split(repository)
        each.append(fit_figures(mine, fit(others)))
    files = {cut: {task: hit for found in each for task, hit in found.files[cut].items()} for cut in FILE_CUTS}
    return Figures(files, {task: hit for found in each for task, hit in found.functions.items()})


def _column(names: Sequence[str], weights: Mapping[str, float]) -> Doubles:
    return np.array([weights.get(name, 0.0) for name in names], np.float64)


# What is said of it


def in_use() -> Weights:
    """Return the weights that the ranking has."""
    return Weights(ranking.FILE_WEIGHTS, ranking.SYMBOL_WEIGHTS)


def lines(examples: Examples, left_out: Figures, used: Figures) -> list[str]:
    """Compare left-out figures with those of the weights in use."""
    tasks, repositories = count(len(examples.each), "task"), count(len(examples.repositories), "repository")
    found = [f"{tasks} of {repositories}; left out: by weights fitted on the other repositories"]
    pairs = zip(left_out.rows().items(), used.rows().values(), strict=True)
    for (name, (number, share)), (_, now) in pairs:
        found.append(f"  {name:<18}{number:>5} tasks  left out {share:5.1f}%  weights in use {now:5.1f}%")
    return found


def differences(found: Weights, used: Weights) -> list[str]:
    """Name the weights in use that are not those found; the last digit may differ by one, as sums do elsewhere."""
    said = []
    for kind, mine, theirs in (("file", found.files, used.files), ("definition", found.definitions, used.definitions)):
        for name in dict.fromkeys([*mine, *theirs]):
            if abs(mine.get(name, 0.0) - theirs.get(name, 0.0)) > 1.5 * 10**-DIGITS:
                said.append(f"{kind} signal {name!r}: {theirs.get(name, 0.0)} in use, {mine.get(name, 0.0)} fitted")
    return said


def document(found: Weights, left_out: Figures, sources: Sequence[FitSource]) -> dict[str, object]:
    """Return what the file of weights holds: the weights, the tasks that they were fitted on, and left-out figures."""
    return {
        "made by": "noctule eval fit",
        "tasks": [asdict(source) for source in sources],
        "left out": {name: {"tasks": n, "percent": share} for name, (n, share) in left_out.rows().items()},
        "files": found.files,
        "definitions": found.definitions,
    }
