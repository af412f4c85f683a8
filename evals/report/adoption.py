"""What became of scripted agents in, two tables of text out. Runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING

from noctule.evals.experiments.adoption import AGENTS, CHOOSERS, FIRST_LINE, PLAIN, WITHOUT, ScriptedAgent, WishOutcome
from noctule.evals.experiments.wordings import DESCRIPTIONS, FIRST_LINES, SERVED, is_served
from noctule.evals.report import screen
from noctule.evals.report.page import Table

if TYPE_CHECKING:
    from noctule.evals.experiments.adoption_worker import Trial
    from noctule.evals.experiments.wordings import Wording

Row = tuple[str, ...]


def lines(found: Sequence[Trial], name: str, tasks: int) -> Iterator[str]:
    """Yield the tables: the agents as noctule is served, and what other wordings would do."""
    yield f"Scripted agents at noctule mcp: {tasks} past tasks of {name}, each at its base commit."
    yield "Tokens: read until the right file is open or the agent gives up, the tools' schemas included once."
    yield ""
    agents = (*((agent.name, [agent]) for agent in (WITHOUT, *AGENTS)), ("calls only what names its wish", CHOOSERS))
    heads = ("agent", "asked", "calls", "right first", "found", "tokens, median", "mean")
    yield from screen.lines([Table(heads, [_agent(label, _of(found, chosen, SERVED)) for label, chosen in agents])])
    yield ""
    wishes = f"called, of {len(CHOOSERS)} wishes"
    rows: list[Row] = [(_mark(w), str(_follow_calls(found, w)), _schema(found, w)) for w in (*DESCRIPTIONS, SERVED)]
    yield from screen.lines([Table(("description of context", wishes, "schema, tokens"), rows)])
    yield ""
    rows = [
        (w.name, *(_share(_of(found, [a], w), _first) for a in (FIRST_LINE, PLAIN))) for w in (*FIRST_LINES, SERVED)
    ]
    yield from screen.lines([Table(("answer", "right first, from its first line", "from its first path"), rows)])


def _mark(wording: Wording) -> str:
    return f"{wording.name} (served)" if is_served(wording) else wording.name


def _of(found: Iterable[Trial], agents: Sequence[ScriptedAgent], wording: Wording) -> list[WishOutcome]:
    return [trial.outcome for trial in found if trial.agent in agents and trial.wording == wording]


def _agent(label: str, outcomes: Sequence[WishOutcome]) -> Row:
    tokens = [outcome.tokens for outcome in outcomes]
    return (
        label,
        _share(outcomes, lambda outcome: outcome.asked),
        f"{fmean(outcome.calls for outcome in outcomes):.1f}",
        _share(outcomes, _first),
        _share(outcomes, lambda outcome: outcome.found),
        f"{median(tokens):,.0f}",
        f"{fmean(tokens):,.0f}",
    )


def _first(outcome: WishOutcome) -> bool:
    return outcome.first


def _share(outcomes: Sequence[WishOutcome], holds: Callable[[WishOutcome], bool]) -> str:
    return f"{fmean(map(holds, outcomes)):.0%}"


def _follow_calls(found: Sequence[Trial], wording: Wording) -> int:
    """Count the wishes with which the tool was called."""
    return len({t.agent.word for t in found if t.agent in CHOOSERS and t.wording == wording and t.outcome.asked})


def _schema(found: Sequence[Trial], wording: Wording) -> str:
    """Return what an agent pays that reads nothing but the schemas."""
    return f"{next(t.outcome.schema for t in found if t.wording == wording and t.outcome.schema):,}"
