"""Two random walks: one of many steps in one process, one beside servers; `make walk STEPS=100000` takes a long one."""

from __future__ import annotations

from pathlib import Path

from tests.walk import ACTIONS, Walk

STEPS = 5000
STEPS_BESIDE_SERVERS = 50
LIGHT = ACTIONS | {"commit": 4, "switch": 1, "sleep": 1, "kill": 0.1}
"""Mostly edits: what takes longest is done as often as in a walk of some hundred steps."""


def test_no_answer_of_a_long_walk_is_false_or_wrongly_called_fresh(tmp_path: Path) -> None:
    walk = Walk(tmp_path, 1, with_servers=False, actions=LIGHT)

    steps = sum(1 for _ in walk.run(STEPS, check_every=20, rebuild_every=1000))

    assert (steps, walk.wrong) == (STEPS, [])
    assert walk.said > STEPS // 20
    assert walk.spans > 0
    assert walk.fresh > 0


def test_no_answer_of_a_server_on_a_walk_is_false_or_wrongly_called_fresh(tmp_path: Path) -> None:
    walk = Walk(tmp_path, 2)

    steps = sum(1 for _ in walk.run(STEPS_BESIDE_SERVERS, rebuild_every=STEPS_BESIDE_SERVERS))

    assert (steps, walk.wrong) == (STEPS_BESIDE_SERVERS, [])
    assert walk.said > 0
    assert walk.fresh > 0
