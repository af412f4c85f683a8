"""What a run says of abstaining and of what sleep cost, from rows that are written here by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.evals.report.content import page, verdict
from noctule.evals.report.costs import in_seconds, per_query, slept
from noctule.evals.report.markdown import render
from noctule.evals.report.scored import Scored
from noctule.evals.report.tables import abstentions, silences
from noctule.evals.run_folder import GOLD, SLEEP, Results, Row, Run
from noctule.evals.scorers.amount import CPU_SECOND_TOKENS
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.gold import Gold
from noctule.evals.tasks.task import Task

SLEPT = {"seconds": 1.0, "cpu_seconds": 1.0, "parsed": 10, "known": 90, "shared": 0}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Four tasks: sleep cost 6,000 tokens and a second each, the pack spares 2,000 of 3,000; silent twice."""
    with Run(tmp_path / "run", {"kind": "swebench", "file": "f"}, "noctule eval") as run:
        run.add_tasks(Task(f"t{n}", "issue", "r", f"b{n}", "text", "") for n in range(4))
        for n in range(4):
            run.add(Row(f"t{n}", GOLD, "ok", answer=Gold(("a.py",), (), (), {}).to_json()))
            run.add(Row(f"t{n}", SLEEP, "ok", answer={**SLEPT, "tokens": 6000}))
            files = ("a.py",) if n < 3 else ("b.py",)
            run.add(Row(f"t{n}", "pack", "ok", answer=SolverAnswer(files, abstained=n >= 2, tokens=10).to_json()))
            for solver, tokens in (("explorer", 3000), ("explorer+pack", 1000)):
                answer = SolverAnswer(measures={"prompt_tokens": tokens, "new_tokens": tokens, "steps": 3, "found": 1})
                run.add(Row(f"t{n}", solver, "ok", answer=answer.to_json()))
    return tmp_path / "run"


def test_tokens_of_sleep_are_shared_by_the_queries_and_paid_back(run: Path) -> None:
    scored = Scored(Results.read(run))

    table = per_query(scored, scored.subsets[0])

    assert CPU_SECOND_TOKENS == 28
    assert table is not None
    assert list(table.rows[0]) == [
        *("explorer", "4", "t = 1"),
        *("7,028 / 3,000", "4,014 / 3,000", "2,206 / 3,000", "1,603 / 3,000", "3.0"),
    ]
    assert list(table.rows[3])[-1] == "0.3"
    assert "Sleep for one state took 6,000 tokens of models and 1.00 processor seconds" in table.note
    text = render(page([Results.read(run)]))
    assert "Sleep of this run is charged as 6,028 sleep-time tokens" in text or "matplotlib is not installed" in text
    assert "24,000 tokens and 0.00 dollars for models" in text


def test_cached_prices_have_a_break_even_of_their_own(run: Path) -> None:
    with Run(run, {"kind": "swebench", "file": "f"}, "noctule eval") as more:
        for n in range(4):
            for solver, tokens, cached in (("explorer", 3000, 2000), ("explorer+pack", 1000, 0)):
                measures = {"prompt_tokens": tokens, "cached_tokens": cached, "steps": 3, "found": 1}
                more.add(Row(f"t{n}", solver, "ok", answer=SolverAnswer(measures=measures).to_json()))
    scored = Scored(Results.read(run))

    table = per_query(scored, scored.subsets[0])

    assert table is not None
    assert list(table.rows[4])[:4] == ["explorer, cached prices", "4", "t = 1", "7,028 / 1,200"]
    assert list(table.rows[4])[-1] == "30.1"


def test_sleep_without_a_model_is_amortised_in_processor_seconds(tmp_path: Path, run: Path) -> None:
    with Run(tmp_path / "free", {"kind": "swebench", "file": "f"}, "noctule eval") as free:
        known = Results.read(run)
        free.add_tasks(known.tasks.values())
        for n in range(4):
            free.add(Row(f"t{n}", GOLD, "ok", answer=known.gold[f"t{n}"].to_json()))
            free.add(Row(f"t{n}", SLEEP, "ok", answer=SLEPT))
            for solver in ("explorer", "explorer+pack"):
                free.add(Row(f"t{n}", solver, "ok", answer=known.answers[solver][f"t{n}"].to_json()))
    scored = Scored(Results.read(tmp_path / "free"))

    table = in_seconds(scored, scored.subsets[0])

    assert table is not None
    assert [list(row) for row in table.rows] == [
        ["sleep, processor seconds a query", "-", "1.00", "0.50", "0.20", "0.10", "-"],
        ["explorer: tokens saved for a second of sleep", "4", "+2,000", "+4,000", "+10,000", "+20,000", "2,000"],
    ]
    assert "Sleep asked no model" in render(page([Results.read(tmp_path / "free")]))


def test_a_content_that_many_snapshots_share_counts_once_as_parsed(run: Path) -> None:
    with Run(run, {"kind": "swebench", "file": "f"}, "noctule eval") as more:
        # A stopped run finds on going on what it had learned.
        more.add(Row("t0", SLEEP, "ok", answer={**SLEPT, "parsed": 0, "known": 100}))

    found = slept(Scored(Results.read(run)))

    assert (found.parsed, found.contents, found.states) == (40, 400, 4)
    said = "\n".join(verdict(Results.read(run))).replace("\n  ", " ")
    assert "parsed 40 of the 400 file contents of 4 snapshots, 1 in 10." in said


def test_abstaining_is_right_where_no_gold_was_ranked_high(run: Path) -> None:
    results = Results.read(run)
    scored = Scored(results)

    assert silences(scored, "pack", scored.subsets[0]) == {"t2": False, "t3": True}
    assert list(abstentions(scored, scored.subsets[0]).rows[0])[:4] == ["pack", "4", "2", "1 of 2"]
    assert "Abstained on 2, rightly on 1." in "\n".join(verdict(results)).replace("\n  ", " ")
