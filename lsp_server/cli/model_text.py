"""What a model wrote or would be sent, in lines for a person. No clock, no output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from noctule.lsp_server.text.numbers import age, count, duration, percent, short, size

if TYPE_CHECKING:
    from noctule.indexer.llm.reports import DryRun, ThinkReport, ThoughtOf

_SHOWN_PATHS = 4
OWN_CHECKER = " and checks them itself (safer: name another model with `check`)"


def note_rows(told: Mapping[str, Any], now: float) -> Iterator[tuple[str, str]]:
    """Yield label and text of what `status` says of a model's notes, in two rows; nothing where none was ever named.

    A third row says why the model's work waits, where it does.
    """
    if not told:
        return
    who = f"{told['model']} writes notes" if told["model"] else "no model is configured now"
    if told["checker"] and told["checker"] != told["model"]:
        who += f", {told['checker']} checks"
    elif told["checker"]:
        who += OWN_CHECKER
    left = f"; {_remaining_text(told)} left today" if told["model"] else ""
    yield "models", f"{who}: {_standing_text(told)}{left}"
    if told["failing"]:
        yield "models", f"waiting: {told['failing']}"
    yield "gate", gate_line(told["gate"], now)


def _standing_text(told: Mapping[str, Any]) -> str:
    """Say how many claims stand, how often one was served this week, and what all of them cost."""
    stand = told["claims"] if told["held"] is None else told["held"]
    of_all = f" of {told['claims']:,}" if stand < told["claims"] else ""
    said = f"{stand:,}{of_all} claims stand, in {count(told['notes'], 'note')}"
    served = f"shown in {told['served_of_week']:,} of {count(told['answers_of_week'], 'answer')} this week"
    return f"{said}; {served}; cost {count(told['tokens'], 'token')} and ${told['dollars']:,.2f} so far"


def _refused_text(refused: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{why} {number:,}" for why, number in refused.items())
    return f"{count(sum(refused.values()), 'sentence')} refused ({reasons})"


def _remaining_text(told: Mapping[str, Any]) -> str:
    tokens = "unlimited tokens" if told["tokens_left"] is None else count(int(told["tokens_left"]), "token")
    dollars = "unlimited dollars" if told["dollars_left"] is None else f"${told['dollars_left']:,.2f}"
    return f"{tokens} and {dollars}"


def gate_line(gate: Mapping[str, Any], now: float) -> str:
    """Say which kinds of claims are served, and what the replay came to."""
    if not gate["at"]:
        return "closed: a model's notes are shown only after a replay of past changes, imported ones at once"
    open_, why = gate["open"], gate["why"]
    reasons = dict.fromkeys(why.values())
    if len(reasons) == 1 and not open_:
        said = f"closed: {next(iter(reasons))}"
    else:
        closed = "; ".join(
            f"{', '.join(kind for kind in why if why[kind] == reason)} closed: {reason}" for reason in reasons
        )
        said = f"{', '.join(open_)} shown{f'; {closed}' if closed else ''}" if open_ else closed
    when = f" ({age(now - gate['at'])}"
    if not gate["figures"]:
        return f"{said}{when})"
    figures = gate["figures"].get("as written") or next(iter(gate["figures"].values()))
    rank, text = (figures[name] for name in ("reciprocal", "in_text"))
    return (
        f"{said}{when}, {count(gate['tasks'], 'past change')} at {short(gate['base'])} with "
        f"{count(gate['notes'], 'note')}: mean reciprocal rank {rank['without']:.3f} -> {rank['with']:.3f}, "
        f"right files named {percent(text['without'])} -> {percent(text['with'])} with all kinds)"
    )


def outcome_line(thought: ThoughtOf) -> str:
    """Say what came of one subject."""
    at = f" at {short(thought.revision)}" if thought.revision else ""
    spent = f"{count(thought.tokens, 'token')}, ${thought.dollars:,.4f}, {duration(thought.seconds)}"
    if thought.outcome != "done":
        return f"{thought.subject}{at}: {thought.outcome}, {thought.why} ({spent})"
    refused = f", {_refused_text(thought.refused)}" if thought.refused else ""
    return f"{thought.subject}{at}: {count(thought.claims, 'claim')}{refused} ({spent})"


def report_lines(report: ThinkReport, now: float) -> Iterator[str]:
    """Yield how thinking ended."""
    yield (
        f"Thought about {count(len(report.thoughts), 'subject')} with {report.model}: "
        f"{count(report.tokens, 'token')}, ${report.dollars:,.4f}; {report.ended}"
    )
    yield f"  gate: {gate_line(report.gate, now)}"


def dry_lines(dry: DryRun) -> Iterator[str]:
    """Yield what would be sent, to whom, and what it would cost."""
    if not dry.model:
        yield f"Nothing would be sent: {dry.why}"
        return
    checks = f", {dry.checker} checks" if dry.checker != dry.model else OWN_CHECKER
    if not dry.subjects:
        yield f"Nothing would be sent to {dry.to} ({dry.model} writes notes{checks}): {dry.why or 'nothing to do'}"
        return
    yield f"This would be sent to {dry.to} ({dry.model} writes notes{checks}); this command sends nothing:"
    for one in dry.subjects:
        at = f" at {short(one.revision)}" if one.revision else ""
        more = len(one.paths) - _SHOWN_PATHS
        paths = ", ".join(one.paths[:_SHOWN_PATHS]) + (f" and {more} more" if more > 0 else "")
        yield (
            f"  {one.subject}{at}: first request {size(one.bytes)}, {count(one.tokens, 'token')}, with text from "
            f"{paths or 'no file'}; in total about {one.tokens_likely:,}, at most {one.tokens_most:,} tokens; "
            f"reason: {one.reason}"
        )
    dollars = (
        "the price is unknown"
        if dry.dollars_most is None or dry.dollars_likely is None
        else f"about ${dry.dollars_likely:,.2f}, at most ${dry.dollars_most:,.2f}"
    )
    left = _remaining_text({"tokens_left": dry.tokens_left, "dollars_left": dry.dollars_left})
    yield f"  total: about {dry.tokens_likely:,}, at most {dry.tokens_most:,} tokens, {dollars}; {left} left today"
    yield "  The model may ask for more lines of files that may be sent; `noctule status --sent` shows what was sent."
