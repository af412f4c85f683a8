"""What a run says of abstaining and of what sleep cost, from rows that are written here by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.gold import Gold
from evals.report.content import page, verdict
from evals.report.markdown import render
from evals.report.scored import Scored
from evals.report.tables import abstentions, costs, silences
from evals.run import GOLD, SLEEP, Results, Row, Run
from evals.solvers.answer import Answer
from evals.tasks.task import Task


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Four tasks: sleep cost 6,000 tokens a base, the pack spares 2,000 of 3,000; silent twice, once wrongly."""
    with Run(tmp_path / "run", {"kind": "swebench", "file": "f"}, "noctule eval") as run:
        run.add_tasks(Task(f"t{n}", "issue", "r", f"b{n}", "text", "") for n in range(4))
        for n in range(4):
            run.add(Row(f"t{n}", GOLD, "ok", answer=Gold(("a.py",), (), (), {}).to_json()))
            slept = {"seconds": 1.0, "cpu_seconds": 1.0, "tokens": 6000, "shared": 0}
            run.add(Row(f"t{n}", SLEEP, "ok", answer=slept))
            files = ("a.py",) if n < 3 else ("b.py",)
            run.add(Row(f"t{n}", "pack", "ok", answer=Answer(files, abstained=n >= 2, tokens=10).to_json()))
            for solver, tokens in (("explorer", 3000), ("explorer+pack", 1000)):
                answer = Answer(measures={"prompt_tokens": tokens, "new_tokens": tokens, "steps": 3, "found": 1})
                run.add(Row(f"t{n}", solver, "ok", answer=answer.to_json()))
    return tmp_path / "run"


def test_tokens_of_sleep_are_shared_by_the_queries_and_paid_back(run: Path) -> None:
    scored = Scored(Results.read(run))

    table = costs(scored, scored.subsets[0])

    assert table is not None
    assert list(table.rows[0]) == ["t = 1", "7,000 / 3,000", "4,000 / 3,000", "2,200 / 3,000", "1,600 / 3,000", "3.0"]
    assert list(table.rows[3])[-1] == "0.3"
    assert "Sleep cost 6,000 tokens for one state" in table.note
    text = render(page([Results.read(run)]))
    assert "6,000 tokens of sleep for one state" in text or "matplotlib is not installed" in text
    assert "It cost 24,000 tokens." in text


def test_abstaining_is_right_where_no_gold_was_ranked_high(run: Path) -> None:
    results = Results.read(run)
    scored = Scored(results)

    assert silences(scored, "pack", scored.subsets[0]) == {"t2": False, "t3": True}
    assert list(abstentions(scored, scored.subsets[0]).rows[0])[:4] == ["pack", "4", "2", "1 of 2"]
    said = "  Abstained on 2 of 4; on 1 of them its first 5 held no gold file."
    assert said in verdict(results)
