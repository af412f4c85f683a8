"""Which kinds of a model's claims are served for a repository: those that do not make its own replay worse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = "thoughts"
FILE = "gate.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the latest replay came to: the kinds that are served, why each other one is not, on how many tasks."""

    open: frozenset[str] = frozenset()
    why: Mapping[str, str] = field(default_factory=dict)
    tasks: int = 0
    at: float = 0.0
    figures: Mapping[str, Any] = field(default_factory=dict)


def verdict_of(folder: Path) -> Verdict:
    """Return the verdict for the repository whose store is in `folder`; nothing is open where none was given."""
    try:
        written = json.loads((folder / FOLDER / FILE).read_bytes())
        return Verdict(frozenset(written["open"]), written["why"], written["tasks"], written["at"], written["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        return Verdict()
