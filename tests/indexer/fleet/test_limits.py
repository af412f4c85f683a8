"""What a fleet shares: no order of requests, losses and restarts spends more than its budget."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.fleet.limits import SharedLimits


@given(
    budget=st.floats(0, 10),
    requests=st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["settled", "lost"]), st.floats(0, 1)), max_size=30),
)
def test_no_order_of_requests_passes_the_budget(budget: float, requests: list[tuple[float, str, float]]) -> None:
    limits, spent = SharedLimits(budget), []
    for most, end, share in requests:
        reservation = limits.reserve(most)
        if not reservation:
            assert math.fsum([*spent, most]) > budget
            continue
        spent.append(most * share if end == "settled" else most)
        if end == "settled":
            limits.settle(reservation, most * share)
            limits.settle(reservation, 0.0)  # twice is once

    assert limits.spent() == math.fsum(spent)
    assert limits.spent() <= budget


def test_a_fleet_that_starts_again_goes_on_with_what_is_left(tmp_path: Path) -> None:
    book = tmp_path / "spending.jsonl"
    first = SharedLimits(1.0, book=book)
    first.settle(first.reserve(0.5), 0.2)
    lost = first.reserve(0.6)
    with book.open("a") as file:
        file.write('{"reserva')  # as a kill leaves it

    second = SharedLimits(1.0, book=book)

    assert second.spent() == 0.2 + 0.6
    second.settle(lost, 0.0)  # nobody can say any more what it cost
    assert second.reserve(0.3) == ""
    assert second.reserve(0.2) != ""
    assert second.reserve(math.nan) == ""


def test_each_server_is_asked_at_most_so_often() -> None:
    now = [100.0]
    limits = SharedLimits(fetches_per_minute=30, clock=lambda: now[0])

    assert [limits.wait_s("a"), limits.wait_s("a"), limits.wait_s("b"), limits.wait_s("a")] == [0, 2, 0, 4]
    now[0] += 60
    assert [limits.wait_s("a"), limits.wait_s("")] == [0, 0]
