from __future__ import annotations

from collections.abc import Sequence

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


def test_only_what_is_not_kept_is_made() -> None:
    kept: WeightedLru[str, str] = WeightedLru(3, len)
    asked: list[list[str]] = []

    def make(keys: Sequence[str]) -> dict[str, str]:
        asked.append(list(keys))
        return {key: key.upper() for key in keys}

    found = [kept.get(keys, make) for keys in (["a", "b", "a"], ["b", "c"], ["a", "b", "c", "d"])]

    assert found == [{"a": "A", "b": "B"}, {"b": "B", "c": "C"}, {"a": "A", "b": "B", "c": "C", "d": "D"}]
    assert asked == [["a", "b"], ["c"], ["d"]]
