"""The most that a pack can give: every definition that the change touches, whole. Knows the gold, so it ranks nothing.

Printed beside every solver, so that the distance to it shows.
"""

from __future__ import annotations

from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task
from noctule.indexer.tokens import count

AROUND = 3
"""So many lines before and after a changed line stand for it where no function holds it."""


class Oracle:
    """Shows what was changed."""

    def solve(self, task: Task, ground: BaseCheckout, gold: Gold) -> SolverAnswer | None:  # noqa: ARG002 - every solver is asked alike
        """Quote the gold; None where there is none at the base."""
        if not gold.files:
            return None
        spans = find_spans(gold)
        text: list[str] = []
        for span in spans:
            lines = (ground.read(span.path) or b"").decode("utf-8", "replace").split("\n")
            text += [f"== {span.path}:{span.start}-{span.end}", *lines[span.start - 1 : span.end]]
        return SolverAnswer(
            files=gold.files,
            symbols=tuple((s.path, s.symbol) for s in gold.symbols),
            spans=spans,
            named=gold.files,
            tokens=count("\n".join(text)),
        )


def find_spans(gold: Gold) -> tuple[LineRanges, ...]:
    """Return the functions that hold changed lines, and the surroundings of the other changed lines; none overlap."""
    found = [LineRanges(f.path, f.start_line, f.end_line) for f in gold.functions]
    for path, lines in gold.lines.items():
        mine = [f for f in gold.functions if f.path == path]
        alone = (n for n in lines if not any(f.start_line <= n <= f.end_line for f in mine))
        found += [LineRanges(path, max(n - AROUND, 1), n + AROUND) for n in alone]
    joined: list[LineRanges] = []
    for span in sorted(found):
        last = joined[-1] if joined else None
        if last is not None and last.path == span.path and span.start <= last.end + 1:
            joined[-1] = LineRanges(span.path, last.start, max(last.end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
