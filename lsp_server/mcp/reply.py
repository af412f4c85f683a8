"""What a tool gives back: a text for reading, and the same structured. Looks nothing up, and cuts to the budget.

Some clients show an agent the text, others the structured answer alone, as JSON; so each of the two says all there is
to say, and the budget holds for the dearer one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from noctule.indexer.tokens import count
from noctule.lsp_server.text.code_fence import AS_DATA, add_fence
from noctule.lsp_server.text.numbers import age, percent
from noctule.lsp_server.text.numbers import count as counted
from noctule.lsp_server.text.printable import printable, printable_line
from noctule.lsp_server.text.source_link import NO_NOTES, format_citation
from noctule.lsp_server.text.track_record import share

if TYPE_CHECKING:
    from noctule.indexer.results import Claim, Forecast, Freshness, LikelyChange, Note, Pack, Status
    from noctule.lsp_server.mcp.learning import Learning

NOTES_HEADING = "Noctule: what reading this alone does not show."
PREDICT_HEADING = "Noctule: what usually changes too."
LEAST_CHANCE = 0.02
"""What is less likely is not what such changes usually touch."""
LEAST_POINTS = 3
"""So many are named however unlikely each is: the likeliest file of a large repository is."""
UNLIKELY = "No file is likely enough to name."

Structured = dict[str, object]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class ToolReply:
    """One answer in its two forms."""

    text: str
    structured: Structured

    @property
    def tokens(self) -> int:
        """What an agent pays for it, whichever form its client shows."""
        return max(count(self.text), count(to_text(self.structured)))


def to_text(structured: Structured) -> str:
    """Return a structured answer as clients show it to an agent."""
    return json.dumps(structured, ensure_ascii=False, separators=(",", ":"))


def of_pack(pack: Pack, budget: int, learning: Learning | None) -> ToolReply:
    """Reply with a pack, which may still be larger than the budget: its JSON form takes more than its text."""
    return _with_cost(printable(pack.text), {"text": printable(pack.text)}, budget, pack.freshness, learning)


def of_note(note: Note, offset: int, budget: int, learning: Learning | None) -> ToolReply:
    """Reply with as many claims as fit, from `offset` on."""
    claims = [_claim(claim) for claim in note.claims]

    def reply(shown: Sequence[str]) -> ToolReply:
        more = max(len(claims) - offset - len(shown), 0)
        structured: Structured = {"source": AS_DATA, "subject": _subject(note), "claims": list(shown), "more": more}
        text = "\n".join(_lines(note, offset, shown))
        return _with_cost(text, structured, budget, note.freshness, learning)

    return _longest(claims[offset:], reply, budget)


def of_forecast(
    forecast: Forecast, unknown: Sequence[str], offset: int, budget: int, learning: Learning | None
) -> ToolReply:
    """Reply with as many change points as fit, from `offset` on; `unknown` files were left out of the question."""
    likely = [point for point in forecast.change_points if point.probability >= LEAST_CHANCE]
    points = likely or list(forecast.change_points[:LEAST_POINTS])
    record = _record(forecast)
    left_out = [printable_line(path) for path in unknown]

    def reply(shown: Sequence[LikelyChange]) -> ToolReply:
        more = max(len(points) - offset - len(shown), 0)
        lines = [f"{percent(point.probability)} {_place(point)}{_why(point)}" for point in shown] or [UNLIKELY]
        after = [record] if record else []
        if left_out:
            after.append(f"Left out, not indexed yet: {', '.join(left_out)}.")
        if more:
            after.append(f"{more:,} more from offset {offset + len(shown)}.")
        likely = {_place(point): round(point.probability, 3) for point in shown}
        structured: Structured = {"source": AS_DATA, "likely": likely, "record": record, "more": more}
        structured |= {"unknown": left_out} if left_out else {}
        text = "\n".join([add_fence(PREDICT_HEADING, lines), *after])
        return _with_cost(text, structured, budget, forecast.freshness, learning)

    return _longest(points[offset:], reply, budget)


def of_status(status: Status, learning: Learning | None, now: float) -> ToolReply:
    """Reply with how much is known and how fresh it is."""
    freshness = status.freshness
    state = "learning" if learning is not None else {"fresh": "ready"}.get(freshness.state, freshness.state)
    known = (
        f"{counted(status.files, 'file')}, {counted(status.symbols, 'symbol')} and "
        f"{counted(status.commits, 'commit')} of this repository are indexed, {fresh(freshness)}"
    )
    when = f" (indexed {age(now - freshness.learned_at)})" if freshness.learned_at is not None else ""
    text = f"Noctule: {known}{when}."
    structured: Structured = {"text": text, "state": state}
    if learning is not None:
        text = f"{text}\n{learning.sentence}"
        structured |= {"text": text, "ask_again_s": learning.ask_again_s}
    return ToolReply(text, structured)


def of_nothing(learning: Learning) -> ToolReply:
    """Reply where nothing is known yet: what goes on, and when to ask again."""
    text = f"Noctule: this repository is not indexed yet. {learning.sentence} Continue without it until then."
    return ToolReply(text, {"freshness": text, "ask_again_s": learning.ask_again_s})


def of_resource(note: Note) -> str:
    """Return all claims as text."""
    return "\n".join([*_lines(note, 0, [_claim(claim) for claim in note.claims]), f"{fresh(note.freshness)}."])


def fresh(freshness: Freshness) -> str:
    """Say in a few words how far an answer is from the live files."""
    if freshness.pending_count:
        return f"{counted(freshness.pending_count, 'changed file')} not indexed yet"
    return {"fresh": "up to date", "unknown": "not indexed yet"}.get(freshness.state, "partly indexed")


def _with_cost(
    text: str, structured: Structured, budget: int, freshness: Freshness, learning: Learning | None
) -> ToolReply:
    """Add what was spent of the budget, and how fresh the answer is."""
    told = fresh(freshness)
    again: Structured = {} if learning is None else {"ask_again_s": learning.ask_again_s}
    whole = {**structured, "tokens": budget, "budget": budget, "freshness": told, **again}
    after = f" of {budget:,} tokens; {told}." + (f" {learning.sentence}" if learning is not None else "")
    tokens = ToolReply(f"{text}\n{budget:,}{after}", whole).tokens
    return ToolReply(f"{text}\n{tokens:,}{after}".lstrip(), whole | {"tokens": tokens})


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
    lines = [add_fence(NOTES_HEADING, [f"{_subject(note)} ({note.subject_kind})", *(f"- {claim}" for claim in told)])]
    if withheld := sum(note.withheld.values()):
        lines.append(f"{counted(withheld, 'fact')} left out: the evidence has changed.")
    if (more := len(note.claims) - offset - len(shown)) > 0:
        lines.append(f"{more:,} more from offset {offset + len(shown)}.")
    return lines


def _claim(claim: Claim) -> str:
    places = format_citation(claim)
    return printable_line(f"{claim.text} [{places}]" if places else claim.text)


def _place(point: LikelyChange) -> str:
    return printable_line(f"{point.path}:{point.symbol}" if point.symbol else point.path)


def _why(point: LikelyChange) -> str:
    details = [reason.detail for reason in point.reasons if reason.detail][:1]
    return f" ({details[0]})" if details else ""


def _record(forecast: Forecast) -> str:
    """Say how good such forecasts were on past commits."""
    if forecast.withheld:
        return f"No forecast: {printable_line(forecast.withheld)}"
    if not forecast.hit_rate:
        return ""
    return f"Tested on {counted(forecast.trials, 'past commit')}: {share(forecast.hit_rate)}."
