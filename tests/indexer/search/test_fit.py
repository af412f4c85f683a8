"""Fitted weights: they follow what the choices say, and stay near where they began."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.arrays import Doubles
from noctule.indexer.search import fit as softmax
from noctule.indexer.search.fit import RankedChoice


def nothing() -> None:
    pass


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.floats(0.1, 1000))
def test_weights_stay_where_they_were_when_choices_say_nothing(around: list[float], pull: float) -> None:
    alike = RankedChoice(np.ones((4, len(around)), np.float32), np.array([True, False, False, False]))

    found = softmax.fit([alike] * 10, np.array(around), pull, nothing)

    assert found == pytest.approx(around, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(1, 300))
def test_a_fit_is_never_less_likely_than_where_it_began_and_goes_less_far_when_pulled_harder(
    seed: int, pull: float
) -> None:
    random = np.random.default_rng(seed)
    around = random.normal(size=4)
    choices = [
        RankedChoice(random.random((12, 4), np.float32), np.arange(12) == random.integers(12)) for _ in range(20)
    ]

    def likelihood(weights: Doubles) -> float:
        return sum(softmax.score(choice, weights).likelihood for choice in choices)

    near, nearer = (softmax.fit(choices, around, p, nothing) for p in (pull, 10 * pull))

    assert likelihood(near) >= likelihood(around) - 1e-9
    assert np.linalg.norm(nearer - around) <= np.linalg.norm(near - around) + 1e-3
