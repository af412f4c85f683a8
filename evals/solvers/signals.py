"""The signals of a task's files and definitions, written to a file for `noctule eval fit`. Ranks nothing.

One .npz file for each task, so that a stopped collection goes on where it was. What is written does not depend on the
ranking's weights: the definitions are those of files that are likely by the plain sum of their signals, and of the
files that were right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.arrays import Doubles, Floats, Ints
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.search import query
from noctule.indexer.search.symbols import Definitions
from noctule.indexer.serve.queries import CANDIDATE_FILES, Reader

NAME = "signals"
MOST_SEEDS = 16
"""Of so many likely files it is kept what changes with them: the first of a ranking are among these, nearly always."""


def is_evidence(name: str) -> bool:
    """Tell whether a signal says something about the task, and not only what kind of file it is."""
    return not name.startswith(("is ", "churn ")) and name != "length"


def likely_files(names: Sequence[str], values: Floats) -> Ints:
    """Return the files with the largest plain sum of signals, those first that are code and of no other role."""
    evidence = values[[is_evidence(name) for name in names]].sum(axis=0)
    roles = [at for at, name in enumerate(names) if name.startswith("is ") and name not in {"is code", "is entry"}]
    plain = (values[names.index("is code")] > 0) & ~(values[roles] > 0).any(axis=0)
    order = np.lexsort((np.arange(len(evidence)), -evidence, ~plain))
    return order[:CANDIDATE_FILES].astype(np.int64)


def signals_path(folder: Path, task: Task) -> Path:
    """Return where the signals of a task are written."""
    return folder / f"{task.id.replace('/', '_')}.npz"


class SignalCollector:
    """Writes the signals of each task that it is asked.

    `strangers` are titles of other repositories' tasks, by the task in whose repository each is asked too: they say
    what is said of the first file where nothing is right.
    """

    def __init__(self, folder: Path, strangers: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._strangers = strangers or {}

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer:
        """Write the signals; the answer only counts them."""
        reader = ground.repository.reader
        asked = query.read(task.text)
        signals = reader.index.signals(asked)
        position = {path: at for at, path in enumerate(reader.index.paths)}
        right = [position[path] for path in gold.files if path in position]
        likely = likely_files(signals.names, signals.values)
        files = np.concatenate([likely, np.setdiff1d(right, likely)]).astype(np.int64)
        found = reader.definition_signals(asked, signals, files.tolist())
        functions = list(dict.fromkeys((g.path, g.symbol) for g in gold.functions))
        bears, is_right = _gold_rows(found, gold, functions, reader.index.paths)
        seeds = likely[:MOST_SEEDS]
        together = [reader.index.companions.of(seed) for seed in seeds.tolist()]
        headline = reader.headline_features(asked, signals)
        language = detect_language(gold.files[0])
        strange = _stranger_columns(reader, self._strangers[task.id]) if task.id in self._strangers else {}
        self._folder.mkdir(parents=True, exist_ok=True)
        file = signals_path(self._folder, task)
        part = file.with_suffix(".part")
        with part.open("wb") as written:
            np.savez_compressed(
                written,
                file_names=np.array(signals.names),
                file_values=signals.values.T,
                file_right=np.isin(np.arange(len(position)), right),
                missing=len(right) < len(gold.files),
                definition_names=np.array(found.names),
                definition_values=found.values.T,
                definition_files=found.files,
                definition_right=is_right,
                bears=bears,
                namesakes=found.namesakes.astype(np.int32),
                functions=len(functions),
                seeds=seeds,
                companions=np.array(together, np.float16),
                headline_names=np.array(list(headline)),
                headline_values=np.array(list(headline.values())),
                asks=asked.asks,
                language=language.name if language is not None else "",
                **strange,  # type: ignore[arg-type] # none of them is called allow_pickle
            )
        part.replace(file)
        return SolverAnswer(measures={"files": len(position), "definitions": len(found.rows), "right": len(right)})


def _stranger_columns(reader: Reader, text: str) -> dict[str, Floats | Ints | Doubles]:
    """Return what the weights of the headline need of a title, and nothing of definitions."""
    asked = query.read(text)
    signals = reader.index.signals(asked)
    seeds = likely_files(signals.names, signals.values)[:MOST_SEEDS]
    return {
        "stranger_values": signals.values.T,
        "stranger_seeds": seeds,
        "stranger_companions": np.array([reader.index.companions.of(seed) for seed in seeds.tolist()], np.float16),
        "stranger_headline": np.array(list(reader.headline_features(asked, signals).values())),
    }


def _gold_rows(
    found: Definitions, gold: Gold, functions: Sequence[tuple[str, str]], paths: Sequence[str]
) -> tuple[Ints, np.ndarray]:
    """Return for each definition which function of the gold has its name, -1 for none, and whether it is that one."""
    bears = np.full(len(found.rows), -1, np.int64)
    is_right = np.zeros(len(found.rows), bool)
    number = {function: at for at, function in enumerate(functions)}
    starts = {(g.path, g.symbol, g.start_line) for g in gold.functions}
    for at, (file, row) in enumerate(zip(found.files.tolist(), found.rows, strict=True)):
        bears[at] = number.get((paths[file], row.qualname), -1)
        is_right[at] = (paths[file], row.qualname, row.start + 1) in starts
    without = np.setdiff1d(bears, bears[is_right])
    return bears, is_right | (np.isin(bears, without) & (bears >= 0))
