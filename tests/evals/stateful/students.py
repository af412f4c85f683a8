"""Students whose right answers are known: what notes do to each is planted, so that the pipeline can be held to it.

A problem is "Box 7 holds 3 and 4. ... How many are in box 7?". Whether a student is right is decided by a hash of the
problem, the arm's evidence and the level, against a planted probability: the same each time, with no clock and no seed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from noctule.evals.stateful.prompts import ABOUT_NOTES, LEVELS
from noctule.indexer.llm.messages import AskModel, AskScores, ModelAnswer, ModelFacts, ModelFault, TextScores, ToolCall
from noctule.indexer.llm.usage import Usage
from tests.openai_server import Say

WRITTEN = (14, 40, 65, 140, 380)
"""Tokens of an answer by level."""
NOTE_TOKENS = 200


def write_problems(file: Path, templates: int, instances: int = 1) -> Path:
    """Write problems in Apple's form: the answer is the sum of two numbers in the context."""
    rows = []
    for template in range(templates):
        for instance in range(instances):
            one, two = 3 + template, 40 + 7 * template + instance
            text = f"Box {template} holds {one} red cubes and {two} blue ones. It is shut. How many cubes are there?"
            answer = f"{one} + {two}\n#### {one + two}"
            rows.append({"id": template, "instance": instance, "question": text, "answer": answer})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@dataclass
class Student:
    """Plays a model. `plain` and `noted` are the planted shares of right answers by level, without and with a note.

    `reasons`: tokens that are reasoned, by effort; one that ignores the effort has none.
    """

    plain: Sequence[float] = (0.3, 0.4, 0.5, 0.7, 0.9)
    noted: Sequence[float] = (0.9, 0.9, 0.9, 0.9, 0.9)
    tells_usage: bool = True
    cuts: bool = False
    takes_tools: bool = True
    reasons: Mapping[str, int] = field(default_factory=dict)
    written: Sequence[int] = WRITTEN
    written_noted: Sequence[int] = WRITTEN
    dies_at: int = 0
    """The request at which the whole process is killed."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    billed: list[Say] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def answer(self, request: Mapping[str, Any]) -> Say:
        """Answer a request of the OpenAI protocol."""
        if "You read a situation" in request["messages"][0]["content"]:
            say = self._foresee(request["messages"])
        elif "You write questions" in request["messages"][0]["content"]:
            say = self._write(request["messages"])
        else:
            say = self._sleep(request) if request.get("tools") else self._answer(request)
        with self.lock:
            if self.dies_at and len(self.requests) >= self.dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.requests.append(dict(request))
            self.billed.append(say)
        return say

    def _sleep(self, request: Mapping[str, Any]) -> Say:
        messages = request["messages"]
        prompt, turn = self._read(messages), sum(m["role"] == "assistant" for m in messages)
        say = {"prompt": prompt, "cached": prompt // 2 if turn else 0, "usage": self.tells_usage}
        if not self.takes_tools:
            return Say(text="I have no tools.", output=5, **say)
        if turn:
            return Say(text="", calls=(("finish", {}),), output=9, **say)
        one, two = numbers(messages[1]["content"])
        note = f"There are {one + two} cubes in all."
        return Say(text="", calls=(("rethink", {"note": note}),), output=NOTE_TOKENS, **say)

    @staticmethod
    def _foresee(messages: Sequence[Mapping[str, Any]]) -> Say:
        """Think of the question of every second box."""
        one, _ = numbers(messages[1]["content"])
        likely = "How many cubes are there in all?" if one % 2 else "How heavy is the box?"
        return Say(text=f"Q: What is red?\nQ: {likely}\n", prompt=60, output=30)

    def _write(self, messages: Sequence[Mapping[str, Any]]) -> Say:
        """Write good questions, and of each kind that does not count one."""
        one, two = numbers(messages[1]["content"])
        more = [
            f"Q: How many are there if {n} more come?\nA: {one} + {two} + {n} #### {one + two + n}" for n in (100, 200)
        ]
        wrong = f"Q: How many are there if 300 more come?\nA: #### {one + two}"
        copied = f"Q: How many red cubes are there?\nA: #### {one}"
        return Say(text="\n\n".join([*more, wrong, copied, more[0]]), prompt=90, output=70)

    def _answer(self, request: Mapping[str, Any]) -> Say:
        system, user = (m["content"] for m in request["messages"])
        level = next((at for at, told in enumerate(LEVELS) if told in system), 4)
        note = system.partition(ABOUT_NOTES)[2]
        found = numbers(user)
        more = re.search(r"if (\d+) more come", user)
        right = (sum(found) if found else 0) + (int(more[1]) if more else 0)
        has_own_note = bool(note) and str(sum(found)) in note
        share = (self.noted if has_own_note else self.plain)[level]
        seed = f"{user}|{has_own_note}|{level}|{len(self.requests) if request.get('temperature') else ''}"
        is_right = chance(seed) < share and "How many" in user
        effort = request.get("reasoning_effort", "")
        reasoned = self.reasons.get(effort, 0)
        text = f"The answer is {right if is_right else right + 1}."
        return Say(
            text=text,
            prompt=self._read(request["messages"]),
            output=(self.written_noted if has_own_note else self.written)[level] + reasoned,
            reasoned=reasoned,
            usage=self.tells_usage,
            finish="length" if self.cuts else "",
        )

    @staticmethod
    def _read(messages: Sequence[Mapping[str, Any]]) -> int:
        return 10 + sum(len(str(m.get("content") or "")) for m in messages) // 4

    @property
    def books(self) -> Usage:
        """What was billed."""
        told = [Usage(s.prompt, s.output, s.cached, 0, s.reasoned) for s in self.billed if s.usage]
        return sum(told, Usage())


def numbers(text: str) -> list[int]:
    """Return the two numbers of a box, if the text holds them."""
    found = re.search(r"holds (\d+) red cubes and (\d+) blue", text)
    return [int(found[1]), int(found[2])] if found else []


def chance(seed: str) -> float:
    """Return a number from 0 to 1 that the seed decides."""
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=6).digest()) / (1 << 48)


@dataclass
class InProcess:
    """`WorkerClient`'s place taken by a student of this process; no server and no library."""

    student: Student
    fails: list[ModelFault] = field(default_factory=list)
    scores: Any = None

    def facts(self, model: str, stop: Event) -> ModelFacts:
        return ModelFacts("played", None, None, False, None)

    def ask(self, request: AskModel, stop: Event, limit_s: float) -> ModelAnswer | ModelFault:
        if self.fails:
            return self.fails.pop(0)
        say = self.student.answer({k: v for k, v in request.parts.items() if k != "model"})
        usage = Usage(say.prompt, say.output, say.cached, 0, say.reasoned) if say.usage else None
        calls = tuple(ToolCall(f"c{at}", name, json.dumps(told)) for at, (name, told) in enumerate(say.calls))
        finish = say.finish or ("tool calls" if calls else "stop")
        sent = {k: v for k, v in request.parts.items() if k in ("temperature", "reasoning_effort", "thinking")}
        return ModelAnswer(say.text, calls, finish, len(say.text), usage, sent)

    def score(self, request: AskScores, stop: Event, limit_s: float) -> TextScores | ModelFault:
        return self.scores(request.text)

    def close(self) -> None:
        """There is nothing to close."""
