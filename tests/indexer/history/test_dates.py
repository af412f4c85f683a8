from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.history.dates import YEAR_S, plausible_times
from noctule.indexer.history.history import History
from noctule.indexer.history.log import Commit

MONTH_S = YEAR_S // 12
NOW = 1_700_000_000
YEAR_2038 = 2_147_385_600


def line(*times: int) -> History:
    commits = [
        Commit(f"{n:040x}", (f"{n - 1:040x}",) if n else (), time, "a@x", f"Number {n}", ())
        for n, time in enumerate(times)
    ]
    return History.of(commits)


def dates(*times: int) -> list[int]:
    return line(*times).dates.tolist()


def test_dates_that_follow_each_other_stay_as_they_are() -> None:
    times = [NOW + n * MONTH_S for n in range(5)]

    assert dates(*times) == times


def test_clocks_that_differ_by_minutes_are_left_alone() -> None:
    times = [NOW, NOW - 600, NOW + 60, NOW + 30]

    assert dates(*times) == times


@pytest.mark.parametrize("wrong", [0, 86_400, YEAR_2038], ids=["no date", "1970", "2038"])
@pytest.mark.parametrize("at", range(8))
def test_one_commit_of_a_wrong_clock_is_held_between_its_neighbours(wrong: int, at: int) -> None:
    times = [NOW + n * MONTH_S for n in range(8)]

    found = dates(*times[:at], wrong, *times[at + 1 :])

    assert found[:at] + found[at + 1 :] == times[:at] + times[at + 1 :]
    assert times[max(at - 1, 0)] <= found[at] <= times[min(at + 1, 7)]


def test_some_commits_of_a_wrong_clock_in_a_row_are_held() -> None:
    times = [NOW + n * MONTH_S for n in range(10)]

    found = dates(*times[:4], YEAR_2038, YEAR_2038 + 60, YEAR_2038 + 120, *times[7:])

    assert found == [*times[:4], *[times[7]] * 3, *times[7:]]


def test_a_project_that_woke_up_after_years_keeps_its_dates() -> None:
    times = [NOW, NOW + MONTH_S, NOW + 5 * YEAR_S]

    assert dates(*times) == times


def test_a_commit_of_a_branch_is_held_by_what_came_before_and_after_the_branch() -> None:
    base, left, right, merge, newest = (f"{n:040x}" for n in range(5))
    history = History.of(
        [
            Commit(base, (), NOW, "a@x", "", ()),
            Commit(left, (base,), NOW + MONTH_S, "a@x", "", ()),
            Commit(right, (base,), YEAR_2038, "a@x", "", ()),
            Commit(merge, (left, right), NOW + 2 * MONTH_S, "a@x", "", ()),
            Commit(newest, (merge,), NOW + 3 * MONTH_S, "a@x", "", ()),
        ]
    )

    found = dict(zip(history.oids, history.dates.tolist(), strict=True))

    assert found[right] == found[merge] == NOW + 2 * MONTH_S
    assert found[left] == NOW + MONTH_S


def test_an_empty_history_has_no_dates() -> None:
    assert History.empty().dates.tolist() == []


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=30))
def test_no_date_lies_outside_of_those_that_were_written(times: list[int]) -> None:
    history = line(*times)

    found = plausible_times(history.times, history.parent_offsets, history.parent_ids)

    assert set(found.tolist()) <= set(times)
    assert np.array_equal(found, plausible_times(history.times, history.parent_offsets, history.parent_ids))
