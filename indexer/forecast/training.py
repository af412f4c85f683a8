"""Past commits as trials: models learn from the older ones and are scored on the newest, which they have not seen.

Knows no git, no store and no present: what is predicted for the next change is `indexer.forecast.model`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noctule.indexer.arrays import Doubles
from noctule.indexer.forecast.ensemble import CUTS, PLAIN, OrderChoice
from noctule.indexer.forecast.features import (
    CommitFeatures,
    CommitWalk,
    Past,
    PathNames,
    base_evidence,
    evidence_rows,
    word_evidence,
)
from noctule.indexer.forecast.model import (
    BEND_AT,
    COLUMNS,
    MOST_WORDS,
    STRAIGHT,
    Fitted,
    Model,
    bend_scores,
    probabilities,
    rank_scores,
)
from noctule.indexer.forecast.together import Floats
from noctule.indexer.history.history import MERGE, History, Ints

LEAST_TRIALS = 50
MOST_ADDED = 80
"""Commits of two or more files that are tested; files that are gone by then leave less to ask of some."""
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)

# The best files by each of these are always among the examples: a uniform sample of thousands of files would hold
# hardly one that is hard to tell from the files that did change.
_LEADING = ("churn 5", "churn 200", "session co-change", "joint co-change", "similar commits", "name words")
_LEADERS = 8
_SAMPLED = 40


@dataclass(frozen=True, eq=False)
class _Examples:
    """Rows of evidence with what became of them; `weights` undo the sampling."""

    evidence: Doubles
    came_true: Doubles
    weights: Doubles


@dataclass(frozen=True, eq=False)
class _Question:
    """What could be asked before a commit, and its answer."""

    kind: str
    evidence: Floats
    candidates: NDArray[np.bool_]
    wanted: Ints


class _Trial:
    """One past commit, seen from just before it: which files there were, and which of them it touched."""

    def __init__(self, past: Past, names: PathNames, now: CommitFeatures, words: Sequence[str]) -> None:
        self.now = now
        self.random = np.random.default_rng(now.time)
        touched = past.commits.row(now.time)
        self.touched = touched[now.alive[touched]]
        self._sight = past, names, now
        self._words = words
        self._leaders: dict[tuple[bool, str], NDArray[np.intp]] = {}

    def questions(self) -> Iterator[_Question]:
        """Yield each question that this commit can be.

        Who asks with some files in hand asks for the rest of a change that is not complete: something is left to find.
        """
        if not len(self.touched):
            return
        base = base_evidence(*self._sight)
        words = [word_evidence(*self._sight, self._words)] if self._words else []
        yield _Question("alone", base, self.now.alive, self.touched)
        if words:
            yield _Question("task", np.concatenate([base, *words]), self.now.alive, self.touched)
        if len(self.touched) > 1:
            shuffled = self.random.permutation(self.touched)
            count = int(self.random.integers(1, min(3, len(shuffled) - 1) + 1))
            known, wanted = shuffled[:count], shuffled[count:]
            candidates = self.now.alive & ~_mask(known, len(self.now.alive))
            given = np.concatenate([base, evidence_rows(*self._sight, known.tolist())])
            yield _Question("given", given, candidates, wanted)
            if words:
                yield _Question("given and task", np.concatenate([given, *words]), candidates, wanted)

    def sample(self, question: _Question) -> _Examples:
        """Take the files to be found, the strongest others, and some of the rest at their true weight."""
        evidence = question.evidence
        places = np.flatnonzero(question.candidates)
        came_true = _mask(question.wanted, len(question.candidates))
        strong = came_true.copy()
        count = min(_LEADERS, len(places))
        is_given = "given" in question.kind  # of the others, all have the same candidates
        for row, column in enumerate(COLUMNS[question.kind]):
            if column in _LEADING and count:
                leaders = self._leaders.get((is_given, column))
                if leaders is None:
                    best = (-evidence[row, places]).argpartition(count - 1)[:count]
                    leaders = self._leaders[is_given, column] = places[best]
                strong[leaders] = True
        rest = places[~strong[places]]
        drawn = self.random.choice(rest, min(_SAMPLED, len(rest)), replace=False)
        taken = np.concatenate((np.flatnonzero(strong), drawn))
        weights = np.ones(len(taken))
        if len(drawn):
            weights[-len(drawn) :] = len(rest) / len(drawn)
        return _Examples(evidence[:, taken].T.astype(np.float64), came_true[taken].astype(np.float64), weights)


@dataclass(frozen=True, eq=False)
class _Schedule:
    """Which commits are learned from, which correct the probabilities and which are the test, in this order of time.

    Those in `several_only` are there for the questions with a given file alone.
    """

    learn: NDArray[np.signedinteger]
    correct: NDArray[np.signedinteger]
    test: NDArray[np.signedinteger]
    several_only: frozenset[int]

    @classmethod
    def of(cls, past: Past, trials: int) -> _Schedule:
        usable = np.flatnonzero(past.usable)
        count = len(usable)
        test = usable[count - min(count * 3 // 10, 10 * trials) :]
        rest = usable[: count - len(test)]
        correct = rest[len(rest) - min(len(rest) // 4, 5 * trials) :]
        # The first commits of a repository have no past to learn from.
        learn = rest[count * 15 // 100 : len(rest) - len(correct)][-25 * trials :]
        several = _spread(learn[past.sizes[learn] > 1], trials)
        every = _spread(learn, trials)
        tested = _spread(test, trials)
        several_tested = (
            _spread(test[past.sizes[test] > 1], MOST_ADDED) if (past.sizes[tested] > 1).sum() < MOST_ADDED else tested
        )
        return cls(
            np.union1d(every, several),
            _spread(correct, trials * 2 // 3),
            np.union1d(tested, several_tested),
            frozenset(np.union1d(np.setdiff1d(several, every), np.setdiff1d(several_tested, tested)).tolist()),
        )


def _spread(commits: NDArray[np.signedinteger], most: int) -> NDArray[np.signedinteger]:
    return commits[np.unique(np.linspace(0, len(commits) - 1, most).astype(int))] if len(commits) > most else commits


def fit(history: History, trials: int = 300) -> Fitted:
    """Learn from past commits, each seen with the commits before it only, and test on the newest.

    Three stretches of time follow each other: the models learn from the first, the second corrects their
    probabilities, and the third, which neither has seen, gives the hit rates.
    """
    past = Past.of(history)
    if past.usable.sum() < LEAST_TRIALS:
        few = f"needs {LEAST_TRIALS} commits to learn from, this repository has {int(past.usable.sum())}"
        return Fitted(withheld=dict.fromkeys(COLUMNS, few))
    names = PathNames.of(history.paths)
    schedule = _Schedule.of(past, trials)
    walk = CommitWalk(history, past)
    plain = np.flatnonzero((history.flags & MERGE) == 0)

    def trial(commit: int) -> _Trial:
        return _Trial(past, names, walk.to(commit), history.message_terms(int(plain[commit]))[:MOST_WORDS])

    learned = _learn(map(trial, schedule.learn.tolist()), schedule.several_only)
    lines = {kind: _regression(found) for kind, found in learned.items()}
    choices = {kind: OrderChoice() for kind in lines}
    corrected: dict[str, list[_Examples]] = {}
    for commit in schedule.correct.tolist():
        for question in (seen := trial(commit)).questions():
            corrected.setdefault(question.kind, []).append(seen.sample(question))
            if question.kind in lines:
                scores = rank_scores(
                    question.kind, lines[question.kind].scores(question.evidence), seen.now, question.evidence
                )
                choices[question.kind].take(scores, question.candidates, question.wanted, test=False)
    lines = {kind: _correct(line, corrected.get(kind, [])) for kind, line in lines.items()}
    tests = {kind: _Test(kind, line, choices[kind]) for kind, line in lines.items()}
    for commit in schedule.test.tolist():
        for question in (seen := trial(commit)).questions():
            if question.kind in tests and ("given" in question.kind or commit not in schedule.several_only):
                tests[question.kind].take(seen.now, question)
    return _verdict(tests, {kind: len(found) for kind, found in learned.items()})


def _learn(trials: Iterator[_Trial], several_only: frozenset[int]) -> dict[str, list[_Examples]]:
    """Examples to learn the ranking from."""
    found: dict[str, list[_Examples]] = {}
    for trial in trials:
        for question in trial.questions():
            if "given" in question.kind or trial.now.time not in several_only:
                found.setdefault(question.kind, []).append(trial.sample(question))
    return found


@dataclass(frozen=True, eq=False)
class _Line:
    """Log-odds as a weighted sum of evidence, and `bend`, which corrects them."""

    weights: Doubles
    bias: float
    mean: Doubles
    bend: tuple[float, float, float] = STRAIGHT

    def scores(self, evidence: Floats) -> Floats:
        """Log-odds, not yet corrected, for each column of the evidence."""
        return np.asarray(self.weights.astype(np.float32) @ evidence + np.float32(self.bias), np.float32)


def _regression(found: Sequence[_Examples], penalty: float = 20.0) -> _Line:
    evidence, came_true, weights = _join(found)
    mean = np.average(evidence, axis=0, weights=weights)
    scale = np.sqrt(np.average((evidence - mean) ** 2, axis=0, weights=weights)) + 1e-6
    design = np.column_stack(((evidence - mean) / scale, np.ones(len(evidence))))
    solution = fit_logistic(design, came_true, weights, np.append(np.full(len(mean), penalty), 0.0))
    return _Line(solution[:-1] / scale, float(solution[-1] - mean @ (solution[:-1] / scale)), mean)


def _correct(line: _Line, found: Sequence[_Examples]) -> _Line:
    """Fit the log-odds to what came true in a later stretch of time.

    Platt scaling with one bend: what the evidence makes nearly certain comes true less often than a straight line
    says, and the few cases there would hardly move the line. The penalty pulls towards no correction.
    """
    if not found:
        return line
    evidence, came_true, weights = _join(found)
    scores = evidence @ line.weights + line.bias
    design = np.column_stack((scores, np.maximum(scores - BEND_AT, 0), np.ones(len(scores))))
    slope, bend, shift = fit_logistic(
        design, came_true, weights, np.array([5.0, 2.0, 1.0]), np.array(STRAIGHT)
    ).tolist()
    # Never against the ranking.
    slope = max(slope, 0.1)
    return _Line(line.weights, line.bias, line.mean, (slope, max(bend, 0.1 - slope), shift))


def _join(found: Sequence[_Examples]) -> tuple[Doubles, Doubles, Doubles]:
    return (
        np.concatenate([examples.evidence for examples in found]),
        np.concatenate([examples.came_true for examples in found]),
        np.concatenate([examples.weights for examples in found]),
    )


def fit_logistic(
    design: Doubles, came_true: Doubles, weights: Doubles, penalty: Doubles, prior: Doubles | None = None
) -> Doubles:
    """Fit a penalised logistic regression by Newton steps, halved until they help."""
    prior = np.zeros(design.shape[1]) if prior is None else prior
    solution = prior.copy()
    if not prior.any():
        share = np.average(came_true, weights=weights)
        solution[-1] = np.log(max(share, 1e-9) / max(1 - share, 1e-9))

    def loss(at: Doubles) -> float:
        scores = design @ at
        misses = np.logaddexp(0, scores) - came_true * scores
        return float(weights @ misses + 0.5 * penalty @ (at - prior) ** 2)

    least = loss(solution)
    for _ in range(25):
        chances = probabilities(design @ solution)
        slope = design.T @ (weights * (came_true - chances)) - penalty * (solution - prior)
        curve = (design * (weights * chances * (1 - chances) + 1e-9)[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        reach = 1.0
        while (reached := loss(solution + reach * step)) > least and reach > 1e-3:
            reach /= 2
        if reached >= least:
            break
        solution = solution + reach * step
        gained, least = least - reached, reached
        if gained < 1e-5 * abs(least):
            break
    return solution


class _Test:
    """Counts how a model does on commits that it has not seen, beside rankings that need no model."""

    def __init__(self, kind: str, line: _Line, choice: OrderChoice) -> None:
        self.kind = kind
        self.line = line
        self.choice = choice
        self.columns = COLUMNS[kind]
        self._bins = np.zeros((3, len(BINS)))
        self._squares = 0.0

    def take(self, now: CommitFeatures, question: _Question) -> None:
        """Rank the candidates in each way and see where the files to be found stand."""
        evidence, candidates, wanted = question.evidence, question.candidates, question.wanted
        scores = self.line.scores(evidence)
        self.choice.take(rank_scores(self.kind, scores, now, evidence), candidates, wanted, test=True)
        self._judge(probabilities(bend_scores(scores, self.line.bend)) * candidates, candidates, wanted)

    def _judge(self, chances: Doubles, candidates: NDArray[np.bool_], wanted: Ints) -> None:
        came_true = _mask(wanted, len(candidates))
        # Nearly all files have hardly a chance: only the others need to be sorted into bins.
        above = np.flatnonzero(chances >= BINS[1])
        bins = np.searchsorted(BINS, chances[above], side="right") - 1
        for row, values in enumerate((chances, came_true, candidates)):
            binned = np.bincount(bins, values[above], len(BINS))
            binned[0] = values.sum() - binned.sum()
            self._bins[row] += binned
        self._squares += float(((chances - came_true) ** 2).sum())

    def model(self, learned_from: int) -> Model:
        """The model with its record."""
        serving = self.choice.choose()
        rates = {
            name: {f"recall@{cut}": round(rate, 4) for cut, rate in zip(CUTS, found, strict=True)}
            for name, found in {
                "": self.choice.mean_recall(serving),
                **{name: self.choice.rates(name) for name in PLAIN if name != "co-change" or "given" in self.kind},
            }.items()
        }
        chances, came_true, counts = self._bins
        base_rate = came_true.sum() / counts.sum()
        return Model(
            columns=self.columns,
            mean=tuple(self.line.mean.tolist()),
            weights=tuple(self.line.weights.tolist()),
            bias=self.line.bias,
            bend=self.line.bend,
            trials=self.choice.trials,
            serving=serving,
            learned_from=learned_from,
            hit_rate=rates.pop(""),
            baselines=rates,
            brier=self._squares / counts.sum(),
            brier_of_base_rate=float(base_rate * (1 - base_rate)),
            reliability=tuple(
                (round(float(p / n), 4), round(float(y / n), 4), int(n))
                for p, y, n in zip(chances, came_true, counts, strict=True)
                if n
            ),
        )


def _mask(places: Ints, width: int) -> NDArray[np.bool_]:
    mask = np.zeros(width, bool)
    mask[places] = True
    return mask


def _verdict(tests: Mapping[str, _Test], learned_from: Mapping[str, int]) -> Fitted:
    models: dict[str, Model] = {}
    withheld: dict[str, str] = {}
    whats = {
        "alone": "commits",
        "given": "commits of two or more files",
        "task": "commits with a message",
        "given and task": "commits of two or more files",
    }
    for kind, what in whats.items():
        count = tests[kind].choice.trials if kind in tests else 0
        if count < LEAST_TRIALS:
            withheld[kind] = f"needs {LEAST_TRIALS} recent {what} to be tested on, this repository has {count}"
        else:
            models[kind] = tests[kind].model(learned_from[kind])
    return Fitted(models, withheld)
