from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from noctule.evals.errors import OtherTasks, RunError, RunOfAnotherVersion
from noctule.evals.run_folder import GOLD, SLEEP, Results, Row, Run
from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.tasks.task import Task

ABOUT = {"kind": "swebench", "file": "t.jsonl"}
TASK = Task("t1", "issue", "acme/shop", "c0ffee", "It fails", "", pair="t1")
ANSWER = SolverAnswer(
    files=("a.py",),
    symbols=(("a.py", "f"),),
    spans=(LineRanges("a.py", 1, 3),),
    named=("a.py",),
    tokens=7,
    measures={"later_ms": 1.5},
)


def row(task: str, solver: str = "pack", status: str = "ok") -> Row:
    return Row(task, solver, status, 0.5, ANSWER.to_json() if status == "ok" else None, None)


def test_what_a_run_keeps_can_be_scored_again(tmp_path: Path) -> None:
    gold = {"files": ["a.py"], "created": [], "symbols": [], "lines": {"a.py": [1]}, "missing": [], "named": False}
    with Run(tmp_path / "run", ABOUT, "noctule eval") as run:
        run.add_tasks([TASK])
        run.add(Row("t1", GOLD, "ok", 0.1, gold))
        run.add(Row("t1", SLEEP, "ok", 0.1, {"cpu_seconds": 2.0, "known": 3}))
        run.add(row("t1"))
        run.add(Row("t1", "bm25", "failed", error="GitError: gone"))
        run.add(Row("t9", "", "skipped", error="no clone"))

    results = Results.read(tmp_path / "run")

    assert results.tasks == {"t1": TASK}
    assert results.answers == {"pack": {"t1": ANSWER}}
    assert results.gold["t1"].lines == {"a.py": (1,)}
    assert results.sleep == {"t1": {"cpu_seconds": 2.0, "known": 3.0}}
    assert [(r.task, r.solver, r.error) for r in results.failed] == [("t1", "bm25", "GitError: gone")]
    assert results.skipped == {"t9": "no clone"}
    assert results.about["commands"] == ["noctule eval"]


def test_a_run_that_goes_on_knows_what_is_done(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first") as run:
        run.add_tasks([TASK])
        run.add(row("t1"))
        run.add(row("t2", status="failed"))

    with Run(tmp_path, ABOUT, "second") as run:
        run.add_tasks([TASK])

        assert run.tasks == {"t1": TASK}
        assert run.is_done("t1", "pack")
        assert not run.is_done("t1", "bm25")
        assert run.is_done("t2", "pack")
        assert not run.is_done("t2", "pack", failed_too=False)

    assert Results.read(tmp_path).about["commands"] == ["first", "second"]


def test_a_torn_last_line_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first") as run:
        run.add(row("t1"))
        run.add(row("t2"))
    file = tmp_path / "results.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])

    assert list(Results.read(tmp_path).answers["pack"]) == ["t1"]
    with Run(tmp_path, ABOUT, "second") as run:
        assert not run.is_done("t2", "pack")
        run.add(row("t2"))

    assert file.read_bytes() == whole


def test_a_later_answer_counts_and_what_sleep_cost_is_added_up(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first") as run:
        run.add(row("t1", status="failed"))
        run.add(Row("t1", SLEEP, "ok", 0.1, {"cpu_seconds": 2.0, "known": 3}))
        run.add(row("t1"))
        run.add(Row("t1", SLEEP, "ok", 0.1, {"cpu_seconds": 0.5}))
        run.add(Row("t1", "", "skipped", error="no clone"))

    results = Results.read(tmp_path)

    assert (list(results.answers["pack"]), results.failed, results.skipped) == (["t1"], [], {})
    assert results.sleep["t1"]["cpu_seconds"] == 2.5


def test_a_run_about_something_else_is_refused(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first") as run:
        run.add_tasks([TASK])

    with pytest.raises(OtherTasks, match=r"file is 't.jsonl' there and 'u.jsonl' here"):
        Run(tmp_path, ABOUT | {"file": "u.jsonl"}, "second")
    with Run(tmp_path, ABOUT, "third") as run, pytest.raises(OtherTasks, match="task t1 is another one"):
        run.add_tasks([Task("t1", "issue", "acme/shop", "c0ffee", "Another text", "")])


def test_a_run_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = json.dumps({"format": 99, "about": ABOUT, "commands": []})
    (tmp_path / "run.json").write_text(text)

    for use in (lambda: Results.read(tmp_path), lambda: Run(tmp_path, ABOUT, "x")):
        with pytest.raises(RunOfAnotherVersion, match="format 99"):
            use()

    assert (tmp_path / "run.json").read_text() == text


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{broken"])
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)

    with pytest.raises(RunError):
        Results.read(tmp_path)


def test_a_damaged_line_in_the_middle_is_said(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first") as run:
        run.add(row("t1"))
    (tmp_path / "results.jsonl").write_bytes(b"{broken\n" + (tmp_path / "results.jsonl").read_bytes())

    with pytest.raises(RunError, match="line 1 of"):
        Results.read(tmp_path)


def test_two_processes_do_not_fill_one_run(tmp_path: Path) -> None:
    with Run(tmp_path, ABOUT, "first"), pytest.raises(RunError, match="another process"):
        Run(tmp_path, ABOUT, "second")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(RunError, match="cannot write"):
        Run(tmp_path / "file" / "run", ABOUT, "first")


FILL = """\
import resource, signal, sys
from pathlib import Path
from noctule.evals.errors import RunError
from noctule.evals.run_folder import Row, Run

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
with Run(Path(sys.argv[1]), {"kind": "swebench"}, "x") as run:
    try:
        for n in range(100):
            run.add(Row(f"t{n}", "pack", "none", error="x" * 100))
    except RunError as error:
        print(n, error)
"""


def test_a_file_system_that_takes_no_more_loses_nothing_that_was_told(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    told = int(ran.stdout.split()[0])

    with Run(tmp_path / "run", {"kind": "swebench"}, "x") as run:
        assert "cannot write" in ran.stdout
        assert told > 5
        assert all(run.is_done(f"t{n}", "pack") for n in range(told))
        assert not run.is_done(f"t{told}", "pack")
        run.add(Row(f"t{told}", "pack", "none"))
