"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re

from noctule.indexer.lazy_pattern import lazy_pattern


def test_a_pattern_is_compiled_once_when_it_is_first_used() -> None:
    words, broken = lazy_pattern(r"[a-z]+", re.IGNORECASE), lazy_pattern("(")

    assert words.findall("One, two") == ["One", "two"]
    assert words.findall is words.findall
    assert (words.sub("x", "One"), words.pattern, words.flags & re.IGNORECASE) == ("x", "[a-z]+", re.IGNORECASE)
    assert broken is not None
