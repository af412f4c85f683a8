"""A sentence and texts that the reader sees anyway in, how much of it only repeats one of them out. Reads no file."""

from __future__ import annotations

from collections.abc import Iterable

from noctule.indexer.terms import split_terms

RESTATES = 0.75
"""A sentence of whose terms one signature, docstring or README paragraph holds this share says nothing beyond it."""


def overlap(text: str, source: str) -> float:
    """Return which share of a sentence's terms stand in a text, 0 to 1; a sentence without any repeats all."""
    said = set(split_terms(text))
    return len(said.intersection(split_terms(source))) / len(said) if said else 1.0


def restates(text: str, sources: Iterable[str]) -> bool:
    """Tell whether one of the texts says nearly all that a sentence says."""
    return any(overlap(text, source) >= RESTATES for source in sources)
