"""One order out of several rankings."""

from __future__ import annotations

from random import Random

import pytest

from noctule.indexer.forecast.ensemble import CUTS, stitch


@pytest.mark.parametrize("most", [0, 1, 7, 20, 60])
def test_one_order_that_serves_everywhere_is_served_as_it_is(most: int) -> None:
    order = Random(most).sample(range(100), 40)
    several = {"model": order, "the same": order}

    assert stitch(several, ["model"] * len(CUTS), most) == order[:most]
    assert stitch(several, ["model", "the same", "model", "the same"], most) == order[:most]


def test_an_order_goes_on_where_another_ends_without_what_that_one_gave() -> None:
    orders = {"first": [4, 2, 3], "then": [2, 1, 4, 5, 3, 0]}

    assert stitch(orders, ["first", "then", "then", "then"], 20) == [4, 2, 1, 5, 3, 0]
