"""One line of thought: which request comes next, and what is made of its reply. Reaches no model, reads no clock.

The loop of sleep-time compute (Lin, Snell et al., 2025, arXiv 2504.13171): `rethink` rewrites the whole note, `patch`
changes single claims, `finish` ends it, within a bounded number of turns. It is a generator of requests that is sent
their replies, so that whoever drives it may run several at once, and stop any of them between two requests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from noctule.indexer.llm.errors import Stopped, ThinkingError, TooLong
from noctule.indexer.llm.request import Call, Reply, Request
from noctule.indexer.model_notes.store import DraftClaim, VerifiedClaim
from noctule.indexer.think.brief import PromptContext
from noctule.indexer.think.refusal import RefusedClaim
from noctule.indexer.think.schema import WRITING, parse_claims, parse_numbers
from noctule.indexer.think.tools import LOOKING, BadCall, Tools

MOST_OUTPUT = 3_000
MOST_CALLS = 8
"""Calls of one reply that are answered."""
MOST_FAULTS = 2
"""Turns without any use (talk, broken or unknown calls, calls made again): one more of them ends the thought."""
LEFT_OUT = "[left out: the request was too long]"

Prove = Callable[[DraftClaim], VerifiedClaim | RefusedClaim]


@dataclass(frozen=True)
class ThoughtOutcome:
    """What a thought came to: the claims of its last note that held, and why others did not, by their texts.

    `replaces` has, by text, the numbers of the standing claims that one takes the place of; `wrong` those it found so.
    """

    claims: tuple[VerifiedClaim, ...]
    refused: Mapping[str, str]
    turns: int
    ended: str
    error: ThinkingError | None = None
    replaces: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    wrong: frozenset[int] = frozenset()


class ConversationTimeout(ThinkingError):
    """Thrown into a thought whose time is over: it ends in what it has."""


@dataclass
class Thought:
    """One thought about one subject; `opening` is the message that it begins with after the brief."""

    brief: PromptContext
    opening: str
    tools: Tools
    prove: Prove
    turns: int
    temperature: float | None = None
    claims: tuple[VerifiedClaim, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    replaces: dict[str, tuple[int, ...]] = field(default_factory=dict)
    wrong: set[int] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _faults: int = 0
    _done: bool = False

    def run(self) -> Generator[Request, Reply, ThoughtOutcome]:
        """Yield each request and take its reply, or what went wrong thrown in. Stopped passes through."""
        messages: list[Mapping[str, Any]] = [*self.brief.messages, {"role": "user", "content": self.opening}]
        turn, shortened = 0, False
        while turn < self.turns and not self._done and self._faults <= MOST_FAULTS:
            try:
                reply = yield self._request(messages)
            except Stopped:
                raise
            except ConversationTimeout:
                return self._end(turn, "out of time")
            except TooLong as error:
                if shortened:
                    return self._end(turn, "too long", error)
                messages, shortened = _shorter(messages), True
                self._seen.clear()  # what is left out may be looked up again
                continue
            except ThinkingError as error:
                return self._end(turn, "error", error)
            turn += 1
            messages.append(_to_message(reply))
            messages.extend(self._tool_replies(reply, left=self.turns - turn))
        if self._done:
            return self._end(turn, "finished")
        return self._end(turn, "out of turns" if self._faults <= MOST_FAULTS else "no use")

    def _end(self, turns: int, ended: str, error: ThinkingError | None = None) -> ThoughtOutcome:
        kept = {claim.text for claim in self.claims}
        refused = {text: reason for text, reason in self.refused.items() if text not in kept}
        replaces = {text: numbers for text, numbers in self.replaces.items() if text in kept}
        return ThoughtOutcome(self.claims, refused, turns, ended, error, replaces, frozenset(self.wrong))

    def _request(self, messages: Sequence[Mapping[str, Any]]) -> Request:
        return Request(
            "think",
            tuple(messages),
            tools=(*LOOKING, *WRITING),
            most_output=MOST_OUTPUT,
            temperature=self.temperature,
            subject=self.brief.subject,
            paths=tuple(sorted({*self.brief.paths, *self.tools.paths})),
        )

    def _tool_replies(self, reply: Reply, left: int) -> list[Mapping[str, Any]]:
        """Return the messages that answer a reply: one for each call, or a word where there is none."""
        hint = "\nOne turn is left: write the note with rethink if it is not written, and finish." if left == 1 else ""
        if not reply.calls:
            self._faults += 1
            return [{"role": "user", "content": f"Only tools are heard: rethink, patch or finish.{hint}"}]
        answers: list[Mapping[str, Any]] = []
        of_use = False
        for number, call in enumerate(reply.calls):
            try:
                text = self._answer(call) if number < MOST_CALLS else "Not looked at: too many calls at once."
                of_use = True
            except BadCall as wrong:
                text = f"That did not work: {wrong}."
            answers.append({"role": "tool", "tool_call_id": call.id, "content": text})
        self._faults += not of_use
        if hint:
            answers[-1] = {**answers[-1], "content": f"{answers[-1]['content']}{hint}"}
        return answers

    def _answer(self, call: Call) -> str:
        """Answer one call. BadCall where it is of no use."""
        if call.broken:
            raise BadCall("the arguments are not a JSON object")
        if call.name == "finish":
            if not (self.claims or self.refused or self.wrong):
                raise BadCall("nothing is written yet: rethink first, with an empty list if there is nothing to say")
            self._done = True
            return "Done."
        made = json.dumps([call.name, call.arguments], sort_keys=True, default=str)
        if made in self._seen:
            raise BadCall("this very call was answered above")
        self._seen.add(made)
        if call.name == "rethink":
            return self._rethought(parse_claims(call.arguments))
        if call.name == "patch":
            return self._patch(call.arguments)
        return self.tools.answer(call.name, call.arguments)

    def _rethought(self, drafts: Sequence[DraftClaim]) -> str:
        """Prove each sentence of a note; what holds replaces the note, unless nothing does."""
        held, lines = self._prove_all(drafts)
        if not drafts and not self.claims:
            self._done = True
        self.claims = tuple(held) or self.claims
        return "\n".join(["Claims by their number:", *lines]) if lines else "The note is empty."

    def _patch(self, arguments: Mapping[str, Any]) -> str:
        """Take claims out of the note by their numbers, and add those that hold."""
        removed = set(parse_numbers(arguments.get("remove")))
        self.wrong.update(parse_numbers(arguments.get("wrong")))
        kept = [claim for number, claim in enumerate(self.claims, 1) if number not in removed]
        held, lines = self._prove_all(parse_claims({"claims": arguments.get("claims") or []}))
        texts = {claim.text for claim in held}
        self.claims = (*(claim for claim in kept if claim.text not in texts), *held)
        note = [f"{number}: {claim.text}" for number, claim in enumerate(self.claims, 1)]
        return "\n".join(["Claims by their number in the call:", *lines, "The note by now:", *note])

    def _prove_all(self, drafts: Sequence[DraftClaim]) -> tuple[list[VerifiedClaim], list[str]]:
        """Prove sentences; return those that hold, and a line on each."""
        held: list[VerifiedClaim] = []
        lines: list[str] = []
        for number, draft in enumerate(drafts, 1):
            proven = self.prove(draft)
            if isinstance(proven, RefusedClaim):
                self.refused[draft.text] = proven.reason
                told = f" ({proven.detail[:80]})" if proven.detail else ""
                lines.append(f"{number}: does not hold: {proven.reason}{told}")
            else:
                held.append(proven)
                self.replaces[proven.text] = draft.replaces
                lines.append(f"{number}: holds")
        return held, lines


def _to_message(reply: Reply) -> Mapping[str, Any]:
    """Return a reply as the message that it was."""
    calls = [
        {
            "id": call.id,
            "type": "function",
            # What was no JSON goes back as none: some servers take no message whose arguments cannot be read.
            "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
        }
        for call in reply.calls
    ]
    return {"role": "assistant", "content": reply.text, **({"tool_calls": calls} if calls else {})}


def _shorter(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the messages without what tools answered, the latest answer aside."""
    tools = [at for at, message in enumerate(messages) if message["role"] == "tool"]
    return [{**m, "content": LEFT_OUT} if at in tools[:-1] else m for at, m in enumerate(messages)]
