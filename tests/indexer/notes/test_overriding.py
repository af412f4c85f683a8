"""How many parameters a head has, by its own words: methods of one name with other parameters are overloads."""

from __future__ import annotations

import pytest

from noctule.indexer.notes.overriding import count_parameters


@pytest.mark.parametrize(
    ("head", "parameters"),
    [
        ("public int sum() {", 0),
        ("int sum( ) const override;", 0),
        ("T sum<T>(Map<String, List<T>> of, params int[] limits)", 2),
        ("fun <T> sum(of: (Int, Int) -> T, limit: Int = min(1, 2)): T", 2),
        ("def sum[A](of: A => Int)(implicit order: Ordering[A]): Int", 1),
        ("func sum(of values: [Int: (Int, Int)], at place: Int) -> Int {", 2),
        ("public object? sum", None),
        ("public int sum => parts.Sum(one => one.Size);", None),
        ("int sum(int a,", None),
        ("int total(int sum)", None),
    ],
)
def test_parameters_are_counted_where_a_head_is_there_in_whole(head: str, parameters: int | None) -> None:
    assert count_parameters("sum", [head]) == parameters
    assert count_parameters("sum", head.replace("(", "(\n").split("\n")) == parameters
