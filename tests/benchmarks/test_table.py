"""The table of a benchmark run."""

from __future__ import annotations

import pytest

from benchmarks.table import END, START, Row, insert_table, rendered

FAST = Row("shop", "context", 0.25, "s", 0.5, "median of 9")
LARGE = Row("shop", "store / source text", 1.8, "x", 1.5)
TOLD = Row("shop", "parse only", 6.0, "s")
RIGHT = Row("accuracy", "Acc@5", 75.0, "%", 72.0, more_is_better=True)


def test_a_bound_is_kept_from_the_side_that_is_better() -> None:
    assert [row.verdict for row in (FAST, LARGE, TOLD, RIGHT)] == ["ok", "short", "", "ok"]


def test_nothing_may_be_parsed_where_the_bound_is_none() -> None:
    assert [Row("shop", "parsed", n, "", 0).verdict for n in (0, 1)] == ["ok", "short"]


def test_the_table_shows_each_value_with_its_bound() -> None:
    assert rendered([TOLD, FAST, LARGE]) == (
        "\n"
        "shop                 measured    must be  share\n"
        "------------------------------------------------------\n"
        "parse only             6.00 s\n"
        "context                0.25 s  <= 0.50 s   0.50  ok     median of 9\n"
        "store / source text    1.80 x  <= 1.50 x   1.20  short\n"
        "\n"
        "1 of 2 bounds are kept.\n"
    )


def test_the_table_of_a_page_is_replaced_and_a_page_without_a_place_is_refused() -> None:
    page = f"before\n{START}\n{END}\nafter\n"

    once = insert_table(page, "old\n")
    twice = insert_table(once, "new\n")

    assert twice == f"before\n{START}\n```text\nnew\n```\n{END}\nafter\n"
    with pytest.raises(ValueError, match="has no"):
        insert_table("nothing", "new\n")
