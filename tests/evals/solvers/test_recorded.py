"""What a pack would have spared a recorded run, worked out by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from noctule.evals.errors import BadTaskFile
from noctule.evals.scorers.amount import CACHED_PRICE
from noctule.evals.solvers.answer import LineRanges
from noctule.evals.solvers.oracle import find_spans
from noctule.evals.solvers.pack_text import SeenText, find_named_ranges
from noctule.evals.solvers.reading import RunReading, count_covered, cut, second_half
from noctule.evals.solvers.recorded import is_covered, replay
from noctule.evals.tasks.gold import Gold, GoldSymbol
from noctule.evals.tasks.trajectories import Recording, Step, load
from noctule.indexer.search.pack import RESPECT
from noctule.indexer.tokens import count

PACK = SeenText((LineRanges("a.py", 10, 30),), (), ("a.py", "b.py"), 0)
LENGTHS = {"a.py": 100, "small.py": 5}


def step(kind: str, read: Any = (), hits: Any = (), action: int = 10, observed: int = 100) -> Step:
    return Step(kind, tuple(read), tuple(hits), action, observed)


RUN = Recording(
    "t",
    "agent",
    "model",
    1000,
    (
        step("search", hits=[("a.py", 12), ("b.py", None)]),  # covered
        step("run"),
        step("search", hits=[("c.py", 3)]),  # before the first look at the gold
        step("read", read=[("a.py", 10, 20)]),  # covered; the first look at the gold
        step("read", read=[("a.py", None, None)]),
        step("edit"),
        step("read", read=[("a.py", 10, 20)]),  # covered, but after the edit
        step("submit"),
    ),
)


@pytest.mark.parametrize(
    ("covered", "looked"),
    [
        (True, step("read", read=[("a.py", 10, 30)])),
        (False, step("read", read=[("a.py", 10, 31)])),
        (False, step("read", read=[("a.py", None, None)])),
        (False, step("read", read=[("c.py", 1, 2)])),
        (True, step("search", hits=[("a.py", 11), ("a.py", 30)])),
        (False, step("search", hits=[("a.py", 11), ("c.py", 1)])),
        (True, step("search", hits=[("b.py", None)])),
        (False, step("search")),  # what found nothing told something that the pack does not
        (False, step("run", hits=[("a.py", 11)])),
        (False, step("edit", read=[("a.py", 10, 20)])),
    ],
)
def test_a_step_is_covered_only_where_its_whole_result_stands_in_the_pack(covered: bool, looked: Step) -> None:
    assert is_covered(looked, PACK, LENGTHS) is covered


def test_a_whole_small_file_is_covered_by_a_span_of_all_its_lines() -> None:
    pack = SeenText((LineRanges("small.py", 1, 5),), (), (), 0)

    assert is_covered(step("read", read=[("small.py", None, None)]), pack, LENGTHS)
    assert is_covered(step("read", read=[("small.py", 2, 100)]), pack, LENGTHS)


def test_what_is_read_before_the_first_right_edit_is_counted_line_by_line() -> None:
    steps = (
        step("read", read=[("a.py", 10, 12), ("small.py", None, None)]),
        Step("edit", (("c.py", 1, 9),), (), 1, 1, ("wrong.py",)),
        step("read", read=[("a.py", 12, 14)]),
        Step("edit", (), (), 1, 1, ("a.py",)),
        step("read", read=[("a.py", 90, 99)]),
    )
    run = Recording("t", "agent", "model", 1, steps)
    reading = RunReading.of(run, ["a.py"], {**LENGTHS, "c.py": 2})
    read = reading.before
    text = "- small.py:2-4 small (0.20)\n- gone.py:1-9, 20-30 gone\n- a.py:12 area calls it: a:1"
    named = find_named_ranges(text, {"small.py": b"", "a.py": b""}.get)

    assert read == {("a.py", n) for n in range(10, 15)} | {("small.py", n) for n in range(1, 6)} | {
        ("c.py", 1),
        ("c.py", 2),
    }
    assert named == (LineRanges("small.py", 2, 4), LineRanges("a.py", 12, 12))
    assert find_named_ranges("- a.py:2-4 f, 9 g; around 1-30, 50-60: the task names it", {"a.py": b""}.get) == (
        LineRanges("a.py", 2, 4),
        LineRanges("a.py", 9, 9),
        LineRanges("a.py", 1, 30),
        LineRanges("a.py", 50, 60),
    )
    assert (count_covered(read, PACK.spans), count_covered(read, named)) == (5, 4)
    assert reading.in_all - read == {("a.py", n) for n in range(90, 100)}
    assert Recording("t", "a", "m", 1, (*steps[:1], step("edit"), *steps)).before_right_edit(["other.py"]) == 1


def test_the_second_half_of_a_pack_is_cut_between_lines() -> None:
    text = f"Noctule\n~~~\n== a.py:1-2 a\na = 1\n{RESPECT}\n- b.py:3-9 b calls a: b(a)\n- c.py:4 c\n~~~"
    half = second_half(text)

    assert half == ["- b.py:3-9 b calls a: b(a)", "- c.py:4 c"]
    assert (cut(half, 1000), cut(half, count(half[0] + "\n")), cut(half, 2)) == ("\n".join(half), half[0], "")
    assert second_half("Noctule\n~~~\n~~~") == []


def test_the_oracle_quotes_changed_functions_whole_and_other_lines_with_those_around() -> None:
    symbols = (GoldSymbol("a.py", "f", "function", 10, 20), GoldSymbol("a.py", "C", "class", 5, 60))
    gold = Gold(("a.py", "b.py"), (), symbols, {"a.py": (12, 22, 40), "b.py": (2,)})

    assert find_spans(gold) == (LineRanges("a.py", 10, 25), LineRanges("a.py", 37, 43), LineRanges("b.py", 1, 5))


def by_hand(prompts: list[int]) -> dict[str, float]:
    cached = [0, *prompts[:-1]]
    priced = sum(p - c + CACHED_PRICE * c for p, c in zip(prompts, cached, strict=True))
    return {
        "prompt_tokens": sum(prompts),
        "cached_tokens": sum(cached),
        "output_tokens": 10 * len(prompts),
        "prompt_cost": round(priced, 1),
    }


def test_both_bounds_are_the_run_without_the_steps_and_with_the_pack_in_every_prompt() -> None:
    found = replay(RUN, PACK, 500, ["a.py"], LENGTHS)

    assert found == {
        "run": "agent model",
        "steps": 8,
        "before_edit": 5,
        "gold_read_at": 3,
        "looking_tokens": 400,
        "pack_tokens": 500,
        "cold": by_hand([1000 + 110 * n for n in range(8)]),
        "low": {"steps": 2, "tokens": 220, **by_hand([1500 + 110 * n for n in range(6)])},
        "high": {"steps": 3, "tokens": 330, **by_hand([1500 + 110 * n for n in range(5)])},
    }


def test_a_pack_that_does_not_name_the_gold_spares_no_search_for_it() -> None:
    lost = SeenText((), (), ("c.py",), 0)

    found = replay(RUN, lost, 500, ["a.py"], LENGTHS)

    assert found["low"] == found["high"]
    assert found["high"]["steps"] == 0  # type: ignore[index]
    assert found["low"]["prompt_tokens"] == found["cold"]["prompt_tokens"] + 8 * 500  # type: ignore[index]


def test_the_high_bound_spares_at_least_what_the_low_one_does() -> None:
    late = Recording("t", "a", "m", 1000, (step("read", read=[("a.py", 10, 12)]), *RUN.steps))

    found = replay(late, PACK, 0, ["a.py"], LENGTHS)

    assert found["high"]["tokens"] >= found["low"]["tokens"] > 0  # type: ignore[index,operator]


def row(**changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "instance_id": "t",
        "agent": "agent",
        "model": "model",
        "first_prompt_tokens": 1000,
        "edited_files": [],
        "steps": [
            {
                "kind": "read",
                "command": "cat a.py",
                "read": [["a.py", None, None]],
                "hits": [["b.py", 3]],
                "action_tokens": 10,
                "observation_tokens": 100,
                "prompt_tokens": None,
                "completion_tokens": None,
            }
        ],
    }
    return made | changes


def test_recorded_runs_are_read_by_task(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in (row(), row(instance_id="u"))).encode()))

    found = load([file])

    assert set(found) == {"t", "u"}
    assert found["t"][0] == Recording(
        "t", "agent", "model", 1000, (step("read", read=[("a.py", None, None)], hits=[("b.py", 3)]),)
    )


@pytest.mark.parametrize("line", ["{broken", json.dumps(row(steps=None)), json.dumps({"agent": "x"}), "[]"])
def test_a_damaged_file_of_runs_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "runs.jsonl").write_text(line + "\n")

    with pytest.raises(BadTaskFile):
        load([tmp_path / "runs.jsonl"])
