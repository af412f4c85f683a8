"""The texts that models are given, each a file with a version: a change of one is a change of the other.

The version of all of them is part of every note's key, so that notes of different prompts are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text, and the version that its first line gives."""

    name: str
    version: str
    text: str


def load(name: str) -> Prompt:
    """Read one prompt; they are shipped, so that a missing or unversioned one is a broken installation."""
    head, _, text = (FOLDER / f"{name}.md").read_text("utf-8").partition("\n\n")
    label, _, version = head.partition(": ")
    if label != "version" or not version.isdigit():
        raise ValueError(f"the prompt {name} does not begin with its version")
    return Prompt(name, version, text.strip())


THINK = load("think")
ANTICIPATE = load("anticipate")
CHECK = load("check")
VERSION = ".".join(prompt.version for prompt in (THINK, ANTICIPATE, CHECK))
"""The version of all prompts together."""
