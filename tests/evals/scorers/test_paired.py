"""The statistics that every verdict rests on."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.scorers.paired import PairedEstimate, compare, estimate, mcnemar


def test_mcnemar_is_the_exact_two_sided_binomial_test() -> None:
    assert mcnemar(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 4096)
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(600, 500) == pytest.approx(0.00284, rel=0.02)  # as R's binom.test(500, 1100) gives it


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_agrees_with_adding_up_all_splits_that_are_at_least_as_uneven(won: int, lost: int) -> None:
    n = won + lost
    uneven = sum(math.comb(n, k) for k in range(n + 1) if abs(2 * k - n) >= abs(won - lost))

    assert mcnemar(won, lost) == pytest.approx(uneven / 2**n)
    assert mcnemar(won, lost) == mcnemar(lost, won)


def test_an_interval_of_many_shares_is_the_normal_one() -> None:
    values = [1.0] * 600 + [0.0] * 400

    found = estimate(values)

    assert found is not None
    assert (found.mean, found.n) == (0.6, 1000)
    half = 1.96 * math.sqrt(0.6 * 0.4 / 1000)
    assert found.low == pytest.approx(0.6 - half, abs=0.004)
    assert found.high == pytest.approx(0.6 + half, abs=0.004)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    samples = [random.normal(5.0, 2.0, 40).tolist() for _ in range(200)]

    found = [e for sample in samples if (e := estimate(sample)) is not None]
    covered = [e.low <= 5.0 <= e.high for e in found if e.low is not None and e.high is not None]

    assert 0.89 <= sum(covered) / 200 <= 0.98


def test_few_or_no_tasks_give_no_interval() -> None:
    assert estimate([]) is None
    assert estimate([0.5]) == PairedEstimate(0.5, None, None, 1)
    assert compare({"a": 1.0}, {"b": 1.0}) is None


def test_the_same_scores_give_the_same_interval_in_any_order_of_tasks() -> None:
    first = {f"t{n:02}": float(n % 3 == 0) for n in range(40)}
    second = {f"t{n:02}": float(n % 5 == 0) for n in range(40)}

    assert compare(first, second) == compare(dict(reversed(first.items())), dict(reversed(second.items())))


def test_tasks_stay_paired_however_much_they_vary() -> None:
    hard = {f"t{n}": float(n) for n in range(100)}
    a_little_better = {task: score + 1 for task, score in hard.items()}

    found = compare(a_little_better, hard)

    assert found is not None
    assert found.difference == PairedEstimate(1.0, 1.0, 1.0, 100)
    assert (len(found.won), found.lost, found.p) == (100, (), None)


def test_only_tasks_that_both_answered_are_compared_and_wins_and_losses_are_named() -> None:
    first = {"both": 1.0, "won": 1.0, "lost": 0.0, "only first": 1.0, "no score": None}
    second = {"both": 1.0, "won": 0.0, "lost": 1.0, "only second": 1.0, "no score": 1.0}

    found = compare(first, second)

    assert found is not None
    assert (found.n, found.won, found.lost, found.p) == (3, ("won",), ("lost",), 1.0)
    assert found.difference.mean == 0.0


def test_swapping_the_arms_mirrors_the_comparison() -> None:
    first = {str(n): a for n, (a, _) in enumerate(product([0.0, 1.0], repeat=2))}
    second = {str(n): b for n, (_, b) in enumerate(product([0.0, 1.0], repeat=2))}

    one, other = compare(first, second), compare(second, first)

    assert one is not None
    assert other is not None
    assert (one.won, one.lost, one.p) == (other.lost, other.won, other.p)
    assert one.difference.mean == -other.difference.mean
