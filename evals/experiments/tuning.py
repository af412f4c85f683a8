"""What a repository's own weights would have added to its later tasks: fitted once, then judged on what came after.

The weights, and the decision whether they are served at all, come from the older tasks alone, by the code that
`noctule sleep --tune` runs. Each later task is asked with both sets of weights at a revision that knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from noctule.evals.scorers.paired import Comparison, Estimate, compare, estimate
from noctule.indexer.errors import RepositoryError
from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.history import codec as commits
from noctule.indexer.learn import tuning
from noctule.indexer.learn import validate as judging
from noctule.indexer.learn.past_rankings import TASKS_A_MOMENT, Rehearsed, rehearse
from noctule.indexer.learn.tuning import MOST_TASKS, Tuning
from noctule.indexer.progress import Report, Work
from noctule.indexer.search import fit as softmax
from noctule.indexer.serve.repository import Repository

FORMS = ("as written", "masked")
SCORES = ("Acc@1", "Acc@5", "Acc@10", "MRR")
_CUTS = {"Acc@1": 1, "Acc@5": 5, "Acc@10": 10}
_MRR_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one set of weights did on the later tasks: (form, score) -> task -> value."""

    values: Mapping[tuple[str, str], Mapping[str, float]]

    def mean(self, form: str, score: str) -> Estimate | None:
        """Return a score's mean over tasks, with its interval."""
        return estimate(list(self.values[form, score].values()))

    def against(self, other: Outcome, form: str, score: str) -> Comparison | None:
        """Compare with other weights on the same tasks."""
        return compare(self.values[form, score], other.values[form, score])


@dataclass(frozen=True, slots=True)
class Tuned:
    """A repository's tuning on its older tasks, and what came of it on the `later` ones.

    `own` are weights fitted whether or not they are served, `tuning` says whether they are.
    """

    name: str
    tuning: Tuning
    later: int
    given: Outcome
    own: Outcome


def replay(place: RepositoryPlace, name: str, head: str, last: int, cache: Path, report: Report) -> Tuned:
    """Tune a repository as it was before the newest `last` tasks up to `head`, and judge that on those tasks."""
    repository = Repository.open(place.root, at=head, cache=cache)
    repository.sleep(report)
    work = Work(report, None)
    store = repository.open_store()
    shared = store.shared("history") if store is not None else None
    if store is None or shared is None:
        raise RepositoryError(f"nothing could be learned of {name}", "run `noctule status` there")
    history = commits.from_bytes(shared).as_of(head)
    try:
        all_of_it = [r for found in rehearse(store, place, history, MOST_TASKS + last, work) for r in found]
    finally:
        store.close()
    moments = max((task.moment for task in all_of_it), default=-1) + 1
    cut = moments - -(-last // TASKS_A_MOMENT)
    older = [task for task in all_of_it if task.moment < cut]
    later = [task for task in all_of_it if task.moment >= cut]
    tuned = tuning.tuned(older, older[-1].commit if older else "", len(history), work.check)
    if len(older) < tuning.FEWEST_TASKS or not later:
        raise RepositoryError(f"{name}: {tuned.why or 'no later change makes a task'}", "name one with more history")
    own = judging.fit(older, work.check)
    return Tuned(name, tuned, len(later), _outcome(later, judging.given()), _outcome(later, own))


def _outcome(tasks: Sequence[Rehearsed], weights: softmax.Doubles) -> Outcome:
    values: dict[tuple[str, str], dict[str, float]] = {(form, score): {} for form in FORMS for score in SCORES}
    for task in tasks:
        for form, choice in zip(FORMS, task.forms, strict=False):
            score = softmax.score(choice, weights)
            for name, cut in _CUTS.items():
                values[form, name][task.commit] = float(score.worst <= cut)
            within = score.reciprocal if score.reciprocal >= 1 / _MRR_WITHIN else 0.0
            values[form, "MRR"][task.commit] = within
    return Outcome(values)


def lines(tuned: Tuned) -> list[str]:
    """Say what it came to, one line for each form and score, in percentage points with 95% intervals."""
    told = tuned.tuning
    served = "served" if told.is_better else f"not served: {told.why}"
    found = [
        f"{tuned.name}: fitted on {told.tasks} tasks, judged beforehand on {told.judged} of them, {served}",
        f"  then, on {tuned.later} later tasks: {'':<14}given    own  difference",
    ]
    for form in FORMS:
        for score in SCORES:
            given, own = tuned.given.mean(form, score), tuned.own.mean(form, score)
            compared = tuned.own.against(tuned.given, form, score)
            if given is None or own is None or compared is None:
                continue
            about = compared.difference
            bounds = (
                f" [{100 * (about.low or 0):+.1f}, {100 * (about.high or 0):+.1f}]" if about.low is not None else ""
            )
            split = f", {len(compared.won)} better, {len(compared.lost)} worse"
            label = f"{form} {score}"
            found.append(
                f"  {label:<38}{100 * given.mean:>8.1f} {100 * own.mean:>6.1f}  {100 * about.mean:+.1f}{bounds}{split}"
            )
    lost = sorted({t for form in FORMS for t in _lost(tuned, form)})
    if lost:
        found.append(f"  no longer wholly among the first five: {', '.join(commit[:10] for commit in lost)}")
    return found


def _lost(tuned: Tuned, form: str) -> Sequence[str]:
    compared = tuned.own.against(tuned.given, form, "Acc@5")
    return compared.lost if compared is not None else ()


def together(all_of_them: Sequence[Tuned]) -> list[str]:
    """Say what serving came to over several repositories, each counting the same; own weights only where served."""
    found = [f"{len(all_of_them)} repositories, with own weights where they are served:"]
    for form in FORMS:
        means = []
        for score in SCORES:
            each = [
                100 * c.difference.mean
                if t.tuning.is_better and (c := t.own.against(t.given, form, score)) is not None
                else 0.0
                for t in all_of_them
            ]
            means.append(f"{score} {np.mean(each):+.1f} (least {min(each):+.1f}, most {max(each):+.1f})")
        found.append(f"  {form}: {', '.join(means)}")
    return found
