"""Kinds of claims are served where they made nothing worse and cost no more than they saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from noctule.indexer.think.significance import FEWEST_SHOWN, Run, TaskOutcome, against, weigh

TASKS = 20
ALL = range(TASKS)
PLAIN = TaskOutcome(reciprocal=0.5, first_five=1.0, in_text=1.0, tokens=900.0)


def run(reciprocal: float = 0.5, tokens: float = 900.0, in_text: float = 1.0, tasks: int = TASKS) -> Run:
    return [(TaskOutcome(reciprocal, 1.0, in_text, tokens), PLAIN) for _ in range(tasks)]


def of_kinds(effects: Mapping[str, tuple[float, float]]) -> Callable[[Collection[str]], Run]:
    """Replay where each kind adds its (reciprocal, tokens) to the first form of every task."""

    def replayed(kinds: Collection[str]) -> Run:
        added = [effects[kind] for kind in kinds]
        return run(0.5 + sum(gain for gain, _ in added), 900.0 + sum(tokens for _, tokens in added))

    return replayed


def test_nothing_speaks_against_what_changes_nothing() -> None:
    assert against(run(), run()) == ""


def test_what_surely_ranks_worse_is_not_served() -> None:
    assert against(run(0.4), run()) == "puts what was right further down: -0.050 a task"


def test_what_names_fewer_of_the_right_files_is_not_served() -> None:
    assert against(run(in_text=0.5), run()).startswith("names fewer of the files that were right")


def test_one_task_of_twenty_that_got_worse_is_chance() -> None:
    assert against([*run(tasks=TASKS - 1), *run(0.2, tasks=1)], run()) == ""


def test_what_costs_more_tokens_than_it_saves_is_not_served() -> None:
    assert against(run(tokens=960.0), run()) == "costs 30 tokens a task more than it saves"
    assert against(run(tokens=840.0), run()) == ""


def test_a_kind_that_does_harm_is_closed_and_the_others_stay_open() -> None:
    effects = {"purpose": (0.05, -50.0), "breaks": (-0.1, 0.0), "answer": (0.0, 40.0)}
    found = weigh(dict.fromkeys(effects, ALL), of_kinds(effects))

    assert found.open == {"purpose"}
    assert found.why["breaks"].startswith("puts what was right further down")
    assert found.why["answer"] == "costs 20 tokens a task more than it saves"
    assert found.kinds["purpose"] == {
        "shown": TASKS,
        "reciprocal": 0.025,
        "first_five": 0.0,
        "in_text": 0.0,
        "tokens": -25.0,
    }


def test_a_kind_that_hardly_any_task_was_shown_is_not_opened() -> None:
    effects = {"purpose": (0.05, 0.0)}
    found = weigh({"purpose": range(FEWEST_SHOWN - 1)}, of_kinds(effects))

    assert found.open == frozenset()
    assert found.why == {"purpose": "shown in 4 past tasks, 5 are needed to tell"}


def test_kinds_that_are_harmless_one_by_one_but_not_together_are_all_closed() -> None:
    def replayed(kinds: Collection[str]) -> Run:
        return run(tokens=990.0 if kinds else 900.0)

    found = weigh({"purpose": ALL, "breaks": ALL}, replayed)

    assert found.open == frozenset()
    assert set(found.why.values()) == {"together with the other kinds it costs 45 tokens a task more than it saves"}


def test_kinds_that_few_tasks_were_shown_are_judged_as_one() -> None:
    shown = {"purpose": range(3), "breaks": range(3, 7), "answer": ()}
    good = weigh(shown, of_kinds({"purpose": (0.0, -10.0), "breaks": (0.0, 4.0), "answer": (0.0, 0.0)}))
    bad = weigh(shown, of_kinds({"purpose": (0.0, -10.0), "breaks": (0.0, 40.0), "answer": (0.0, 0.0)}))

    assert good.open == {"purpose", "breaks"}
    assert good.why == {"answer": "shown in 0 past tasks, 5 are needed to tell"}
    assert bad.open == frozenset()
    assert bad.why["purpose"] == "with breaks it costs 15 tokens a task more than it saves"
