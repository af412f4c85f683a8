"""A scripted model that says true things about what it is shown, so that thinking can be tested from end to end.

It reads the numbered lines of the first message as any model would, writes one sentence for each function that calls
another, and expects to be asked what was asked before. As the second reader it supports what its lines hold.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.openai_server import Say

_TEXT = re.compile(r"^The text of (?P<path>\S+):\n~~~\n(?P<lines>.*?)\n~~~$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^\s*(\d+)\| ?(.*)$")
_DEFINES = re.compile(r"^\s*(?:def|func|function)\s+(\w+)\(")
_CALLS = re.compile(r"(?<![\w.])([a-z]\w{3,})\(")
_PAST = re.compile(r"^past: (.*?) \(commit", re.MULTILINE)
KINDS = ("breaks", "answer", "invariant", "purpose", "how to change")
PROMPT, OUTPUT = 2_000, 200
"""What every request is billed."""


def answer(request: dict[str, Any]) -> Say:
    """Answer a request of a thinker or a checker."""
    first = "\n".join(str(message.get("content")) for message in request["messages"] if message["role"] != "assistant")
    if request.get("tools"):
        claims = claims_of(first)
        return Say(calls=(("rethink", {"claims": claims}), ("finish", {})), prompt=PROMPT, output=OUTPUT)
    if "Sentence 1: " in first:
        verdicts = [{"sentence": int(n), "verdict": "supported"} for n in re.findall(r"^Sentence (\d+): ", first, re.M)]
        return Say(text=json.dumps({"verdicts": verdicts}), prompt=PROMPT, output=OUTPUT)
    return Say(text=json.dumps({"queries": queries_of(first)}), prompt=PROMPT, output=OUTPUT)


def queries_of(text: str) -> list[str]:
    """Return what was asked before, without its numbers."""
    asked = (re.sub(r"[\W\d]+$", "", subject) for subject in _PAST.findall(text))
    return list(dict.fromkeys(asked))[:6] or ["What is this for?"]


def claims_of(text: str) -> list[dict[str, Any]]:
    """Return a claim for each call that a definition makes in the text that is shown."""
    found: list[dict[str, Any]] = []
    for shown in _TEXT.finditer(text):
        inside, start = "", 0
        for line in shown["lines"].split("\n"):
            numbered = _LINE.match(line)
            if numbered is None:
                continue
            number, source = int(numbered[1]), numbered[2]
            if defined := _DEFINES.match(source):
                inside, start = defined[1], number
                continue
            for callee in _CALLS.findall(source) if inside and number - start < 50 else ():
                if callee == inside:
                    continue
                found.append(
                    {
                        "kind": KINDS[len(found) % len(KINDS)],
                        "text": f"What `{inside}` gives goes through `{callee}`, so another result there is seen here.",
                        "cites": [{"path": shown["path"], "first": start, "last": number}],
                        "confidence": 0.8,
                    }
                )
    return found[:8]
