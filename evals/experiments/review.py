"""Hints at forgotten files, held against past changes: one file taken out of each, and each as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from noctule.indexer.arrays import Array, Doubles
from noctule.indexer.forecast.features import CommitFeatures
from noctule.indexer.forecast.training import fit_logistic
from noctule.indexer.history.history import History
from noctule.indexer.history.line_counts import LineCounts, LineEdits
from noctule.indexer.review.companions import COLUMNS, PastChanges, Record, ScoredFiles, choose

TRIALS = 600
FALSE_ALARMS = 0.05
LEAST_TOGETHER = 5
LATEST = 30
"""Plain co-change looks at so many latest commits of each changed file."""
FAR = -2.0
SAMPLED = 0.05
MOST_EXAMPLES = 50_000

Trials = Sequence[tuple[float, float | None, Doubles]]


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """How hints did on the newer half of the trials of one repository.

    `recall` and `precision` are those with at most `FALSE_ALARMS` of the complete changes told that something is
    missing, `plain_*` those of co-change alone; `asked` is what the threshold chosen on the older half came to.
    """

    changes: int
    lacking: int
    recall: float
    precision: float
    plain_recall: float
    plain_precision: float
    asked: Record | None


class PlainCoChange(PastChanges):
    """The share of a changed file's latest commits that also touched another: what a review has to beat."""

    def score(self, now: CommitFeatures, changed: Sequence[int], there: Array, edits: LineEdits) -> ScoredFiles | None:
        """Return the evidence as `PastChanges` does, with the best share as the score."""
        found = super().score(now, changed, there, edits)
        if found is None:
            return None
        best = np.zeros(len(found.files))
        for file in changed:
            latest = self.past.files.before(file, now.time, LATEST)
            touched, _ = self.past.commits.gather(latest)
            counts = np.bincount(touched, minlength=self.past.file_count)[found.files]
            best = np.maximum(best, np.where(counts >= LEAST_TOGETHER, counts / max(len(latest), 1), 0))
        return ScoredFiles(found.files, best[:, None], found.partners, np.ones(1), 0.0)


def measure(history: History, lines: LineCounts, precision: float, trials: int = TRIALS) -> ReviewOutcome:
    """Try the hints on a repository's past; the threshold is chosen on the older half and judged on the newer."""
    ours, plain = (list(kind(history, lines).trials(trials)) for kind in (PastChanges, PlainCoChange))
    older, newer = ours[: len(ours) // 2], ours[len(ours) // 2 :]
    recall, right = at_most_alarms(newer)
    plain_recall, plain_right = at_most_alarms(plain[len(plain) // 2 :])
    chosen = choose([whole for whole, _, _ in older], _lacking(older), precision)
    asked = None if chosen.least is None else _judge(newer, chosen.least)
    return ReviewOutcome(len(newer), len(_lacking(newer)), recall, right, plain_recall, plain_right, asked)


def at_most_alarms(trials: Trials) -> tuple[float, float]:
    """Return recall and precision with the least threshold that keeps false alarms to their limit."""
    wholes = sorted((whole for whole, _, _ in trials), reverse=True)
    if not wholes:
        return 0.0, 0.0
    judged = _judge(trials, float(np.nextafter(wholes[int(FALSE_ALARMS * len(wholes))], np.inf)))
    return judged.recall, judged.precision


def _judge(trials: Trials, least: float) -> Record:
    lacking = _lacking(trials)
    found = sum(score >= least for score, _ in lacking)
    mistaken = sum(int((others >= least).sum()) for _, others in lacking)
    alarms = sum(whole >= least for whole, _, _ in trials) / max(len(trials), 1)
    precision = found / max(found + mistaken, 1)
    return Record(least, precision, found / max(len(lacking), 1), 100 * alarms, len(lacking))


def _lacking(trials: Trials) -> list[tuple[float, Doubles]]:
    return [(missing, others) for _, missing, others in trials if missing is not None]


def fit_weights(histories: Iterable[tuple[History, LineCounts]], trials: int = TRIALS) -> tuple[list[float], float]:
    """Return the weights of `COLUMNS` and the bias that make the file taken out likely. Deterministic."""
    rows, truths, weights = [], [], []
    for history, lines in histories:
        random = np.random.default_rng(3)
        for evidence, is_it in PastChanges(history, lines).examples(trials):
            far = ~is_it & (evidence[:, 0] <= FAR)
            kept = ~far | (random.random(len(far)) < SAMPLED)
            rows.append(evidence[kept])
            truths.append(is_it[kept])
            weights.append(np.where(far[kept], 1 / SAMPLED, 1.0))
    evidence, is_it, weight = np.concatenate(rows), np.concatenate(truths), np.concatenate(weights)
    share = min(1.0, MOST_EXAMPLES / len(is_it))
    kept = is_it | (np.random.default_rng(2).random(len(is_it)) < share)
    mean = np.average(evidence, axis=0, weights=weight)
    scale = np.sqrt(np.average((evidence - mean) ** 2, axis=0, weights=weight)) + 1e-6
    weight = np.where(is_it, weight, weight / share)[kept]
    design = np.column_stack(((evidence[kept] - mean) / scale, np.ones(int(kept.sum()))))
    solution = fit_logistic(design, is_it[kept].astype(np.float64), weight, np.append(np.full(len(COLUMNS), 5.0), 0.0))
    own = solution[:-1] / scale
    return [round(float(w), 4) for w in own], round(float(solution[-1] - mean @ own), 4)
