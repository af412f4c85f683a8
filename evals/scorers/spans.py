"""How much of the change does the shown text hold? Pure."""

from __future__ import annotations

from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.solvers.pack_text import covers
from noctule.evals.tasks.gold import Gold


def functions_whole(answer: SolverAnswer, gold: Gold) -> float | None:
    """Return 1 if every gold function stands wholly in the shown lines, else 0."""
    if not gold.functions:
        return None
    return float(all(covers(answer.spans, LineRanges(s.path, s.start_line, s.end_line)) for s in gold.functions))


def line_share(answer: SolverAnswer, gold: Gold) -> float | None:
    """Return the share of the lines that change, or that text is inserted behind, which are shown."""
    wanted = [LineRanges(path, line, line) for path, lines in gold.lines.items() for line in lines]
    return sum(covers(answer.spans, line) for line in wanted) / len(wanted) if wanted else None


def names_all_files(answer: SolverAnswer, gold: Gold) -> float | None:
    """Return 1 if the shown text names every gold file, else 0."""
    return float(set(gold.files) <= set(answer.named)) if gold.files else None
