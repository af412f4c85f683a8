"""A short random walk; `make walk STEPS=100000` takes a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walk import Walk

STEPS = 55


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_answer_of_a_walk_is_false_or_wrongly_called_fresh(tmp_path: Path, seed: int) -> None:
    walk = Walk(tmp_path, seed)

    walk.run(STEPS)

    assert walk.wrong == []
    assert walk.said > STEPS
    assert walk.fresh > 0
