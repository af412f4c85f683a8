"""A client's name in, whether it hands answers to a model out. Knows no answer and no protocol.

The protocol allows for a text and a structured answer in one result, and has no word for which of them a client's
model is shown. Coding agents differ, and some show both: docs/decisions/mcp.md has the reports.
"""

from __future__ import annotations

import re

AGENTS = frozenset(
    """
    agent aider amazonq amp antigravity augment chatgpt claude cline codebuddy codex cody continue copilot crush cursor
    factory gemini goose grok hermes iflow jan jetbrains junie kilo kilocode kimi kiro librechat llm lmstudio lobehub
    mistral opencode openhands openai q qodo qwen raycast roo rovo tabnine trae vscode warp windsurf xcode zed zencoder
    """.split()
)
"""Words in the names of those that put tools' answers before a model (`clientInfo.name`)."""
_PAIRS = ("visual studio", "cherry studio", "le chat", "lm studio")
_WORD = re.compile(r"[a-z]+")


def is_program(name: str) -> bool:
    """Tell whether a client is a program that reads answers itself; one without a name may be anything."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [*_WORD.findall(name.lower()), *_WORD.findall(spaced.lower())]
    text = " ".join(_WORD.findall(name.lower()))
    return bool(words) and AGENTS.isdisjoint(words) and not any(pair in text for pair in _PAIRS)
