from __future__ import annotations

from noctule.indexer.lru import WeightedLru


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept: WeightedLru[str, str] = WeightedLru(6, len)
    kept.keep({"a": "AA", "b": "BB", "c": "CC"})
    assert kept.known(["a"]) == {"a": "AA"}

    kept.keep({"d": "DDD"})

    assert kept.known(["a", "b", "c", "d", "e"]) == {"a": "AA", "d": "DDD"}


def test_a_value_that_is_too_large_is_not_kept() -> None:
    kept: WeightedLru[int, str] = WeightedLru(2, len)

    kept.keep({1: "AAA"})

    assert kept.known([1]) == {}
    kept.keep({2: "BB"})
    assert kept.known([2]) == {2: "BB"}
