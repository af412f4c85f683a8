"""How many tokens a request took, as the provider tells it or by an estimate. Knows no price and no provider."""

from __future__ import annotations

from dataclasses import dataclass, fields

from indexer.answers import Value


@dataclass(frozen=True, slots=True)
class Usage(Value):
    """Tokens of one request or of several.

    `read` are all tokens of the request; `cached` and `kept` are those among them that came from the provider's cache
    and went into it. `written` are all tokens of the answer; `reasoned` are those among them that nobody sees.
    """

    read: int = 0
    written: int = 0
    cached: int = 0
    kept: int = 0
    reasoned: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.read + self.written
