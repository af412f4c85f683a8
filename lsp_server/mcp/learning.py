"""How far a repository is that is still being learned, as agents are told. Looks nothing up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Learning:
    """How far a repository is that is being learned, and when an answer will say more."""

    sentence: str
    ask_again_s: int
