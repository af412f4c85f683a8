"""How much of the change does the shown text hold? Pure."""

from __future__ import annotations

from noctule.evals.solvers.answer import Answer, Lines
from noctule.evals.solvers.pack_text import covers
from noctule.evals.tasks.gold import Gold


def functions_shown(answer: Answer, gold: Gold) -> float | None:
    """Return 1 if every gold function stands wholly in the shown lines, else 0."""
    if not gold.functions:
        return None
    return float(all(covers(answer.spans, Lines(s.path, s.start_line, s.end_line)) for s in gold.functions))


def lines_shown(answer: Answer, gold: Gold) -> float | None:
    """Return the share of the lines that change, or that text is inserted behind, which are shown."""
    wanted = [Lines(path, line, line) for path, lines in gold.lines.items() for line in lines]
    return sum(covers(answer.spans, line) for line in wanted) / len(wanted) if wanted else None


def files_named(answer: Answer, gold: Gold) -> float | None:
    """Return 1 if the shown text names every gold file, else 0."""
    return float(set(gold.files) <= set(answer.named)) if gold.files else None
