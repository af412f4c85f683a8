"""How many tokens a request took, as the provider tells it or by an estimate. Knows no price and no provider."""

from __future__ import annotations

from dataclasses import dataclass, fields

from noctule.indexer.results import Value


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


# No tokenizer makes more tokens than bytes, nor, of code and prose, fewer than a sixth; a third is a common figure.
FEWEST = 6
COMMON = 3
AROUND = 1_000
"""Tokens that a provider may add to what is sent: its own words around messages and tools."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The size of one request and its answer in bytes, and how many tokens the answer may take."""

    sent_bytes: int
    most_written: int

    @property
    def most(self) -> Usage:
        """The most tokens that it can take."""
        return Usage(self.sent_bytes + AROUND, self.most_written)

    def charge(self, told: Usage | None, got_bytes: int) -> Usage:
        """Return what the request is taken to have cost: what the provider tells, or more where that cannot be.

        A figure that is absent or zero is estimated, and one that is too small raised to what the text takes at least.
        More tokens than bytes were sent is no figure either. More written than was asked for may be true, up to a
        point: a provider need not keep to what it was asked.
        """
        most = self.most
        read = told.read if told is not None else 0
        if read <= 0:
            read = -(-self.sent_bytes // COMMON)
        read = min(max(read, -(-self.sent_bytes // FEWEST)), most.read)
        written = told.written if told is not None else 0
        if written <= 0:
            written = -(-got_bytes // COMMON)
        written = max(written, -(-got_bytes // FEWEST))
        if written > BEYOND * self.most_written:
            written = max(self.most_written, -(-got_bytes // FEWEST))
        if told is None:
            return Usage(read, written)
        cached, kept = min(max(told.cached, 0), read), min(max(told.kept, 0), read)
        return Usage(read, written, cached, min(kept, read - cached), min(max(told.reasoned, 0), written))


BEYOND = 20
"""So many times as much as was asked for is no figure that could be true."""
