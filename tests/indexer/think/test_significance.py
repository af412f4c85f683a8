"""Kinds of claims are served where they name what changed better than nonsense does, and make nothing worse."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from noctule.indexer.think.significance import FEWEST_SHOWN, Naming, Run, TaskOutcome, against, surely_gains, weigh

TASKS = 20
PLAIN = TaskOutcome(reciprocal=0.5, first_five=1.0, in_text=1.0, tokens=900.0)


def run(reciprocal: float = 0.5, in_text: float = 1.0, tasks: int = TASKS) -> Run:
    return [(TaskOutcome(reciprocal, 1.0, in_text, 900.0), PLAIN) for _ in range(tasks)]


def naming(claims: float, *nonsense: float, tasks: int = TASKS) -> dict[int, Naming]:
    return {task: Naming(claims, nonsense or (0.1, 0.1)) for task in range(tasks)}


def harmless(_kinds: Collection[str]) -> str:
    return ""


def test_nothing_speaks_against_what_changes_nothing() -> None:
    assert against(run(), run()) == ""


def test_what_surely_ranks_worse_is_not_served() -> None:
    assert against(run(0.4), run()) == "puts what was right further down: -0.050 a task"


def test_what_names_fewer_of_the_right_files_is_not_served() -> None:
    assert against(run(in_text=0.5), run()).startswith("names fewer of the files that were right")


def test_one_task_of_twenty_that_got_worse_or_better_is_chance() -> None:
    assert against([*run(tasks=TASKS - 1), *run(0.2, tasks=1)], run()) == ""
    assert not surely_gains([*run(tasks=TASKS - 1), *run(0.9, tasks=1)], run(), "reciprocal")
    assert surely_gains(run(0.6), run(), "reciprocal")


def test_kinds_that_name_more_of_what_changed_than_both_sorts_of_nonsense_are_opened() -> None:
    named = {"purpose": naming(0.4), "breaks": naming(0.1), "answer": naming(0.4, 0.1, 0.5)}
    found = weigh(named, harmless)

    assert found.open == {"purpose"}
    assert found.why == {
        "breaks": "10% of its names are of what changed, 10% of nonsense: no sure difference",
        "answer": "40% of its names are of what changed, 50% of nonsense: no sure difference",
    }
    assert found.kinds["purpose"] == pytest.approx({"shown": TASKS, "named": 0.4, "nonsense": 0.1})


def test_a_kind_that_hardly_any_task_was_shown_is_unknown_and_not_opened() -> None:
    found = weigh({"purpose": naming(1.0, tasks=FEWEST_SHOWN - 1), "answer": {}}, harmless)

    assert found.open == frozenset()
    assert found.why == {
        "purpose": "unknown: shown in 4 past tasks, 5 are needed to tell",
        "answer": "unknown: shown in 0 past tasks, 5 are needed to tell",
    }


def test_what_makes_packs_worse_is_closed_whatever_it_names() -> None:
    found = weigh({"purpose": naming(0.9)}, lambda kinds: f"{len(kinds)} kind ranks worse")

    assert (found.open, found.why) == (frozenset(), {"purpose": "1 kind ranks worse"})


def test_kinds_that_few_tasks_were_shown_are_judged_as_one() -> None:
    shown = {"purpose": naming(0.4, tasks=3), "breaks": dict(list(naming(0.4, tasks=7).items())[3:]), "answer": {}}
    found = weigh(shown, harmless)

    assert found.open == {"purpose", "breaks"}
    assert found.why == {"answer": "unknown: shown in 0 past tasks, 5 are needed to tell"}
