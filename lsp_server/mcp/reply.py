"""What a tool gives back: a text for a model, numbers and parts for its client. Looks nothing up, cuts to the budget.

Only programs get the structured form: some agents show their model both, and it would read all of it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.printable import printable_line
from noctule.indexer.tokens import count
from noctule.lsp_server.text.code_fence import AS_DATA, add_fence
from noctule.lsp_server.text.footnotes import add_footnotes
from noctule.lsp_server.text.numbers import age, percent
from noctule.lsp_server.text.numbers import count as counted
from noctule.lsp_server.text.printable import printable
from noctule.lsp_server.text.source_link import NO_NOTES, format_citation
from noctule.lsp_server.text.track_record import share

if TYPE_CHECKING:
    from noctule.indexer.reports import Status
    from noctule.indexer.results import Claim, Forecast, Freshness, LikelyChange, Note, Pack
    from noctule.indexer.serve.workspace_results import WorkspaceChange
    from noctule.lsp_server.mcp.learning import Learning

NOTES_HEADING = "Noctule: what reading this alone does not show."
PREDICT_HEADING = "Noctule: what usually changes too."
_WITHOUT_GIVEN = frozenset({"churn", "recency"})
LEAST_CHANCE = 0.02
"""What is less likely is not what such changes usually touch."""
LEAST_POINTS = 3
"""So many are named however unlikely each is: the likeliest file of a large repository is."""
UNLIKELY = "No file is likely enough to name."

Numbers = dict[str, object]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class ToolReply:
    """One answer; what its numbers say is also in its text."""

    text: str
    numbers: Numbers
    parts: Numbers = field(default_factory=dict)
    """What the text says, as values for a program; nothing where the text is all there is."""

    @property
    def tokens(self) -> int:
        """What an agent pays for it."""
        return count(self.text)

    @property
    def structured(self) -> Numbers:
        """The whole answer for a program."""
        return {**(self.parts or {"text": self.text}), **self.numbers}


def of_pack(pack: Pack, budget: int, learning: Learning | None) -> ToolReply:
    """Reply with a pack, which may still be larger than the budget by the line below it."""
    return _with_cost(printable(pack.text), {}, budget, pack.freshness, learning)


def of_note(note: Note, offset: int, budget: int, learning: Learning | None) -> ToolReply:
    """Reply with as many claims as fit, from `offset` on."""
    claims = [_claim(claim) for claim in note.claims]

    def reply(shown: Sequence[str]) -> ToolReply:
        more = max(len(claims) - offset - len(shown), 0)
        text = "\n".join(_lines(note, offset, shown))
        made = _with_cost(text, {"more": more}, budget, note.freshness, learning)
        return replace(made, parts={"source": AS_DATA, "subject": _subject(note), "claims": list(shown)})

    return _longest(claims[offset:], reply, budget)


def of_forecast(
    forecast: Forecast, unknown: Sequence[str], page: tuple[int, int], budget: int, learning: Learning | None
) -> ToolReply:
    """Reply with the change points of a page (offset, how many), as far as they fit; `unknown` files were left out."""
    offset, most = page
    likely = [point for point in forecast.change_points if point.probability >= LEAST_CHANCE]
    points = likely or list(forecast.change_points[:LEAST_POINTS])
    record = _record(forecast)
    left_out = [printable_line(path) for path in unknown]

    def reply(shown: Sequence[LikelyChange]) -> ToolReply:
        more = max(len(points) - offset - len(shown), 0)
        lines, footnotes = add_footnotes([of_point(point, has_given=bool(forecast.given)) for point in shown])
        lines = [*lines, *footnotes] or [UNLIKELY]  # a path can look like a rule: both stand between the fences
        after = [record] if record else []
        if left_out:
            after.append(f"Left out, not indexed yet: {', '.join(left_out)}.")
        if more:
            after.append(f"{more:,} more from offset {offset + len(shown)}.")
        text = "\n".join([add_fence(PREDICT_HEADING, lines), *after])
        made = _with_cost(text, {"more": more}, budget, forecast.freshness, learning)
        likely = {_place(point): round(point.probability, 3) for point in shown}
        return replace(made, parts={"source": AS_DATA, "likely": likely, "record": record, "unknown": left_out})

    return _longest(points[offset : offset + most], reply, budget)


def of_point(point: LikelyChange | WorkspaceChange, *, has_given: bool = False) -> str:
    """Return a likely change as one line."""
    return f"{percent(point.probability)} {_place(point)}{_why(point, has_given)}"


def of_points(lines: Sequence[str]) -> str:
    """Return likely changes between fences."""
    return add_fence(PREDICT_HEADING, list(lines) or [UNLIKELY])


def of_workspace(text: str, budget: int, states: Mapping[str, Freshness], failed: Mapping[str, str]) -> ToolReply:
    """Reply over several repositories: how fresh those are whose source is shown, and which have no part in it."""
    behind = [f"{printable_line(name)}: {fresh(one)}" for name, one in states.items() if one.state != "fresh"]
    left_out = [f"{printable_line(name)} has no part in this: {printable_line(why)}" for name, why in failed.items()]
    return _add_spent(text, {}, budget, "; ".join(behind) or "up to date", "".join(f" {line}." for line in left_out))


def of_status(status: Status, learning: Learning | None, now: float) -> Numbers:
    """Return how much is known and how fresh it is."""
    freshness = status.freshness
    state = "learning" if learning is not None else {"fresh": "ready"}.get(freshness.state, freshness.state)
    known = (
        f"{counted(status.files, 'file')}, {counted(status.symbols, 'symbol')} and "
        f"{counted(status.commits, 'commit')} of this repository are indexed, {fresh(freshness)}"
    )
    when = f" (indexed {age(now - freshness.learned_at)})" if freshness.learned_at is not None else ""
    text = f"Noctule: {known}{when}."
    if learning is None:
        return {"text": text, "state": state}
    return {"text": f"{text}\n{learning.sentence}", "state": state, "ask_again_s": learning.ask_again_s}


def of_nothing(learning: Learning) -> ToolReply:
    """Reply where nothing is known yet: what goes on, and when to ask again."""
    text = f"Noctule: this repository is not indexed yet. {learning.sentence} Continue without it until then."
    return ToolReply(text, {"ask_again_s": learning.ask_again_s})


def of_resource(note: Note) -> str:
    """Return all claims as text."""
    return "\n".join([*_lines(note, 0, [_claim(claim) for claim in note.claims]), f"{fresh(note.freshness)}."])


def fresh(freshness: Freshness) -> str:
    """Say in a few words how far an answer is from the live files."""
    if freshness.is_first_look:
        return f"a first look: {counted(freshness.pending_count, 'file')} not read in full yet"
    if freshness.pending_count:
        return f"{counted(freshness.pending_count, 'changed file')} not indexed yet"
    return {"fresh": "up to date", "unknown": "not indexed yet"}.get(freshness.state, "partly indexed")


def _with_cost(text: str, numbers: Numbers, budget: int, freshness: Freshness, learning: Learning | None) -> ToolReply:
    """Add what was spent of the budget, and how fresh the answer is."""
    if learning is None:
        return _add_spent(text, numbers, budget, fresh(freshness))
    made = _add_spent(text, numbers, budget, fresh(freshness), f" {learning.sentence}")
    return replace(made, numbers={**made.numbers, "ask_again_s": learning.ask_again_s})


def _add_spent(text: str, numbers: Numbers, budget: int, told: str, more: str = "") -> ToolReply:
    """Add the line below an answer; it is priced with the budget in the place of what was spent."""
    after = f" of {budget:,} tokens; {told}.{more}"
    tokens = count(f"{text}\n{budget:,}{after}")
    whole = {**numbers, "tokens": tokens, "budget": budget, "freshness": told}
    return ToolReply(f"{text}\n{tokens:,}{after}".lstrip(), whole)


def _longest(parts: Sequence[Part], reply: Callable[[Sequence[Part]], ToolReply], budget: int) -> ToolReply:
    """Return the reply with the most parts that is within the budget; one part is shown in any case."""
    least, most = min(1, len(parts)), len(parts)
    while least < most:
        middle = (least + most + 1) // 2
        if reply(parts[:middle]).tokens <= budget:
            least = middle
        else:
            most = middle - 1
    return reply(parts[:least])


def _subject(note: Note) -> str:
    return printable_line(note.subject) or "the repository"


def _lines(note: Note, offset: int, shown: Sequence[str]) -> list[str]:
    """Return claims between fences, and below them what is not shown."""
    told = shown or [NO_NOTES if not note.claims else "There are no more facts."]
    kind = f" ({note.subject_kind})" if note.subject else ""
    lines = [add_fence(NOTES_HEADING, [f"{_subject(note)}{kind}", *(f"- {claim}" for claim in told)])]
    if withheld := sum(note.withheld.values()):
        lines.append(f"{counted(withheld, 'fact')} left out: the evidence has changed.")
    if (more := len(note.claims) - offset - len(shown)) > 0:
        lines.append(f"{more:,} more from offset {offset + len(shown)}.")
    return lines


def _claim(claim: Claim) -> str:
    places = format_citation(claim)
    return printable_line(f"{claim.text} [{places}]" if places else claim.text)


def _place(point: LikelyChange | WorkspaceChange) -> str:
    return printable_line(f"{point.path}:{point.symbol}" if point.symbol else point.path)


def _why(point: LikelyChange | WorkspaceChange, has_given: bool) -> str:
    """Say what tells most for a change; with given files, what it has to do with them before how often it changes."""
    told = [reason for reason in point.reasons if reason.detail]
    if has_given:
        told.sort(key=lambda reason: reason.kind in _WITHOUT_GIVEN)
    details = [reason.detail for reason in told[:1]]
    return f" ({details[0]})" if details else ""


def _record(forecast: Forecast) -> str:
    """Say how good such forecasts were on past commits."""
    if forecast.withheld:
        return f"No forecast: {printable_line(forecast.withheld)}"
    if not forecast.hit_rate:
        return ""
    return f"Tested on {counted(forecast.trials, 'past commit')}: {share(forecast.hit_rate)}."
