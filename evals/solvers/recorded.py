"""Real agents' recorded runs, replayed on paper: what the pack in the first message would have spared them, or cost.

Two bounds, always both. Low: only steps before the first edit that did nothing but search or read, and whose whole
result the pack already showed. High: those, and all searching and reading before the first look at a gold file, if the
pack's text names that file. From either follows the run without these steps and with the pack carried through every
turn that is left. All tokens are characters / 4 here, the pack's too, as the recordings count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noctule.evals.scorers.amount import at_cached_prices
from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers import reading
from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.solvers.pack import DEFAULT_BUDGET
from noctule.evals.solvers.pack_text import SeenText
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.evals.tasks.trajectories import Recording, Step
from noctule.indexer.results import Json

CHARACTERS_A_TOKEN = 4


class Recorded:
    """Replays the recorded runs of a task against the pack of one budget."""

    def __init__(self, recordings: Mapping[str, Sequence[Recording]], budget: int = DEFAULT_BUDGET) -> None:
        self._recordings = recordings
        self._budget = budget

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer | None:
        """Replay; None for a task that no recorded run is about."""
        runs = self._recordings.get(task.id, ())
        if not runs:
            return None
        pack = ground.pack(task.text, self._budget)
        shown = served.read(pack, ground.read)
        larger = ground.pack(task.text, reading.BUDGET)
        lengths: dict[str, int] = {}

        def length(path: str) -> int:
            if path not in lengths:
                lengths[path] = len((ground.read(path) or b"").splitlines())
            return lengths[path]

        tokens = -(-len(pack.text) // CHARACTERS_A_TOKEN)
        replays = []
        for run in runs:
            lengths_read = {path: length(path) for path in _paths(run)}
            read = reading.RunReading.of(run, gold.files, lengths_read)
            replays.append(
                {
                    **replay(run, shown, tokens, gold.files, lengths_read),
                    **reading.measure_first(read, pack, ground.read),
                    **reading.measure_second(read, gold, larger, ground.read),
                }
            )
        misled = bool(gold.files) and not pack.abstained and not set(gold.files) & set(shown.named)
        return SolverAnswer(
            files=tuple(f.path for f in pack.files),
            spans=shown.spans,
            named=shown.named,
            tokens=tokens,
            abstained=pack.abstained,
            measures={"misled": float(misled)},
            detail={"runs": replays},
        )


def _paths(run: Recording) -> set[str]:
    return {path for step in run.steps for path, _, _ in step.read}


def replay(run: Recording, pack: SeenText, pack_tokens: int, gold: Sequence[str], lengths: Mapping[str, int]) -> Json:
    """Work out one run with the pack: what each bound spares, and prompt tokens with and without a cache.

    `lengths` gives the number of lines of each file that the run reads.
    """
    before = run.before_edit
    covered = [n for n in range(before) if is_covered(run.steps[n], pack, lengths)]
    gold_read = next((n for n, s in enumerate(run.steps) if any(p in gold for p, _, _ in s.read)), None)
    ahead: list[int] = []
    if gold_read is not None and set(gold) & set(pack.named):
        ahead = [n for n in range(min(gold_read, before)) if run.steps[n].looks]
    row: Json = {
        "run": run.name,
        "steps": len(run.steps),
        "before_edit": before,
        "gold_read_at": gold_read,
        "looking_tokens": sum(s.observation_tokens for s in run.steps[:before] if s.looks),
        "pack_tokens": pack_tokens,
        "cold": _cost(run, frozenset(), 0),
    }
    for bound, spared in (("low", covered), ("high", sorted({*covered, *ahead}))):
        row[bound] = {
            "steps": len(spared),
            "tokens": sum(run.steps[n].tokens for n in spared),
            **_cost(run, frozenset(spared), pack_tokens),
        }
    return row


def is_covered(step: Step, pack: SeenText, lengths: Mapping[str, int]) -> bool:
    """Tell whether a step only searched or read, and found nothing that the pack does not show."""
    if not step.looks or not (step.read or step.hits):
        return False
    for path, first, last in step.read:
        end = lengths.get(path, 0)
        wanted = LineRanges(path, 1 if first is None else max(first, 1), end if last is None else min(last, end))
        if wanted.end < wanted.start or not served.covers(pack.spans, wanted):
            return False
    return all(
        path in pack.named if line is None else served.covers(pack.spans, LineRanges(path, line, line))
        for path, line in step.hits
    )


def _cost(run: Recording, spared: frozenset[int], pack_tokens: int) -> Json:
    """Add up the prompts of the turns that are left: all tokens sent, and their price where the provider caches.

    What one prompt repeats of the one before is cached; what the turn before added is not, nor is the first prompt.
    """
    prompt = run.first_prompt_tokens + pack_tokens
    sent = reused = output = cached = 0
    for number, step in enumerate(run.steps):
        if number in spared:
            continue
        sent += prompt
        reused += cached
        output += step.action_tokens
        cached = prompt
        prompt += step.tokens
    priced = at_cached_prices(sent, reused)
    return {"prompt_tokens": sent, "cached_tokens": reused, "output_tokens": output, "prompt_cost": round(priced, 1)}
