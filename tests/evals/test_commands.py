from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.evals.errors import BadTaskFile, OtherTasks, RunError, UnknownSolver
from noctule.evals.run_folder import Results
from noctule.evals.solvers.pack import INGREDIENTS
from noctule.evals.tasks import swebench
from noctule.indexer.errors import BadTask, NotADirectory, RepositoryError
from noctule.indexer.search import ranking
from tests.evals.conftest import Ran, Shop
from tests.repositories import Repository

Evaluate = Callable[..., Ran]


def rows(shop: Shop) -> list[dict[str, object]]:
    issue = {
        "repo": "acme/shop",
        "base_commit": shop.base,
        "problem_statement": "The discount of an unknown season fails in price.py",
        "patch": shop.patch(shop.base, shop.fix),
    }
    return [
        issue | {"instance_id": "good"},
        issue | {"instance_id": "quiet", "problem_statement": "Unknown seasons fail"},
        issue | {"instance_id": "no clone", "repo": "acme/absent"},
        issue | {"instance_id": "no commit", "base_commit": "0" * 40},
        issue | {"instance_id": "bad patch", "patch": "none"},
        issue | {"instance_id": "no text", "problem_statement": ""},
    ]


@pytest.fixture
def tasks(shop: Shop, tmp_path: Path) -> Path:
    file = tmp_path / "tasks.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(shop)))
    return file


def test_masked_tasks_are_exported_in_the_form_that_agents_are_given(
    evaluate: Evaluate, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.jsonl"
    ran = evaluate("history", shop.root, "--last", "1", "--since", "2001-01-01", "--export", file)
    (task,) = swebench.load(file).tasks

    assert ran.out == f"Wrote 1 task of 1 commit to {file}\n"
    assert (task.repository, task.base, task.gold_files) == ("acme__shop", shop.base, ("shop/price.py",))
    assert "RATES.get(rate, 0)" in task.patch
    assert task.text.startswith("The discount of an unknown season fails")


def test_where_no_task_can_be_run_none_is_counted(evaluate: Evaluate, tasks: Path, tmp_path: Path) -> None:
    absent, empty, run = tmp_path / "absent", tmp_path / "empty", tmp_path / "run"
    empty.mkdir()

    with pytest.raises(NotADirectory, match=f"no such directory: {absent}"):
        evaluate("swebench", tasks, "--clones", absent, "--out", run)
    with pytest.raises(BadTask, match=f"can be run: no clone of acme/shop in {empty}"):
        evaluate("swebench", tasks, "--clones", empty, "--out", run)

    assert not run.exists()


def test_issues_are_run_and_what_cannot_be_is_named_counted_and_skipped(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    ran = evaluate("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)

    results = Results.read(tmp_path / "run")
    assert set(results.gold) == {"good", "quiet"}
    assert results.skipped == {
        "no clone": f"no clone of acme/absent in {shop.root.parent}",
        "no commit": "the clone of acme/shop lacks its base commit 000000000000",
        "bad patch": "the patch names no file",
        "no text": "it lacks problem_statement",
    }
    assert "Skipped 1 task: no clone of acme/absent" in ran.err
    assert "2 tasks of 1 repository (issues); 4 skipped." in ran.out
    assert re.search(r"^% with all files in first 5 +all, n 2 +file not named, n 1 +tokens$", ran.out, re.MULTILINE)
    assert re.search(r"^noctule's pack +100 +100 +[\d,]+$", ran.out, re.MULTILINE)


def test_a_second_call_asks_nothing_again_and_more_solvers_are_added(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    common = ("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)
    evaluate(*common, "--solver", "bm25", "--limit", 1)
    before = (tmp_path / "run/results.jsonl").read_bytes()

    evaluate(*common, "--solver", "bm25", "--limit", 1)
    after = (tmp_path / "run/results.jsonl").read_bytes()

    ran = evaluate(*common, "--solver", "bm25", "path")
    assert re.search(r"^% with all files in first 5 +all, n 2 ", ran.out, re.MULTILINE)
    assert re.search(r"^path +\d+", ran.out, re.MULTILINE)

    skipped = [line for line in after[len(before) :].splitlines() if b'"skipped"' not in line]
    assert (after.startswith(before), skipped) == (True, [])
    assert {s: set(a) for s, a in Results.read(tmp_path / "run").answers.items()} == {
        "bm25": {"good", "quiet"},
        "path": {"good", "quiet"},
    }


def test_an_answer_that_abstained_is_counted_as_shown_too(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    ran = evaluate("swebench", tasks, "--clones", shop.root.parent, "--out", run, "--processes", 1, "--solver", "pack")

    answers = Results.read(run).answers["pack"]
    assert {task: answer.abstained for task, answer in answers.items()} == {"good": False, "quiet": True}
    assert re.search(r"^noctule's pack +100 +100 ", ran.out, re.MULTILINE)
    assert re.search(r"^  abstained as nothing named +50 \(0 to 100\) +0$", ran.out, re.MULTILINE)


def test_a_repositorys_own_commits_are_run_as_written_and_masked(
    evaluate: Evaluate, shop: Shop, tmp_path: Path
) -> None:
    ran = evaluate("history", shop.root, "--last", 10, "--out", tmp_path / "run", "--processes", 1)

    assert "4 tasks of 6 commits; left out: changes no existing source file: 1, the first commit: 1." in ran.err
    assert "4 tasks of 1 repository (each commit's message asked at its parent, as written" in ran.out
    assert re.search(r"^% with all files in first 5 +as written, n 4 +masked, n 4 +tokens$", ran.out, re.MULTILINE)
    assert re.search(r"^grep-style search .* [\d,]+$", ran.out, re.MULTILINE)
    assert "Explorer (a script, n 4)" in ran.out
    assert "file contents of 4 snapshots" in ran.out.replace("\n  ", " ")
    assert "Would have failed (masked) on" in ran.out


def test_changes_of_several_files_are_scored_as_sets(evaluate: Evaluate, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    names = ("apple", "pear", "plum", "cherry")
    repository.commit("Begin with fruit", {f"{n}.py": f"def {n}():\n    return 1\n" for n in names})
    repository.commit(
        "Let apple and pear and plum weigh more", {f"{n}.py": f"def {n}():\n    return 2\n" for n in names[:3]}
    )

    ran = evaluate("features", repository.root, "--out", tmp_path / "run", "--processes", 1)

    assert re.search(r"^F1 of first 5, % +as written, n 1 +masked, n 1 +tokens$", ran.out, re.MULTILINE)
    evaluate("report", tmp_path / "run")
    report = (tmp_path / "run/report.md").read_text()
    assert "| solver | files taken | n | precision | recall | F1 | pack's first 5 - it, points of F1 (95%) |" in report


def test_a_verdict_fits_one_screen(evaluate: Evaluate, shop: Shop, tmp_path: Path) -> None:
    ran = evaluate("history", shop.root, "--last", 10, "--out", tmp_path / "run", "--processes", 1)

    lines = ran.out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_an_ablation_compares_the_pack_with_each_ingredient_left_out(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    common = ("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)
    evaluate(*common, "--solver", "ablation")

    evaluate("report", tmp_path / "run")

    text = (tmp_path / "run/report.md").read_text()
    table = text[text.index("Ingredients left out, all") :].split("\n\n")[1].splitlines()
    assert table[0].startswith("| left out | n | files Acc@1 | files Acc@5 | files Acc@10 | functions Acc@10 |")
    assert table[0].endswith("| whole at 2000 | whole at 4000 | whole at 8000 |")
    assert [row.split(" | ")[0] for row in table[2:]] == ["| nothing", *(f"| {name}" for name in INGREDIENTS)]


def test_the_report_is_one_file_that_loads_nothing(evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path) -> None:
    evaluate("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)

    ran = evaluate("report", tmp_path / "run")

    page = (tmp_path / "run/report.html").read_text()
    assert not re.search(r"<script|<link|<img|@import|\bsrc=|url\((?!#)", page)
    assert not [u for u in re.findall(r'(?<!<a href=")https?://[^"\s<]+', page) if "w3.org" not in u]
    assert page.index('<h2 id="verdict') < page.index('<h2 id="every-task') < page.index('<h2 id="plots')
    assert page.count('<div class="card">') == 3
    assert page.count('<figure class="chart">') >= 3
    text = (tmp_path / "run/report.md").read_text()
    assert "McNemar p" in text
    assert f"noctule eval report {tmp_path / 'run'}" in text
    assert f"Written: {tmp_path / 'run' / 'report.html'}" in ran.out


def test_the_report_says_how_to_get_plots_where_they_are_missing(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)

    ran = evaluate("report", tmp_path / "run")

    assert "pip install 'noctule[evals]'" in ran.err
    assert "matplotlib is not installed" in (tmp_path / "run/report.md").read_text()


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is an extra")
def test_plots_are_the_same_for_the_same_run(evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path) -> None:
    evaluate("swebench", tasks, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1)
    evaluate("report", tmp_path / "run", "--out", tmp_path / "a")
    evaluate("report", tmp_path / "run", "--out", tmp_path / "b")

    first = (tmp_path / "a/report.html").read_text()
    assert first == (tmp_path / "b/report.html").read_text()
    assert first.count("<svg") >= 4


def test_names_in_a_repository_are_never_markup(evaluate: Evaluate, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    name = "<img src=x onerror=alert(1)>|`x`.py"
    repository.commit("Begin with a file of an odd name", {name: "def f():\n    return 1\n", "b.py": "x = 1\n"})
    repository.commit("Return something else from the function", {name: "def f():\n    return 2\n"})
    evaluate("history", repository.root, "--out", tmp_path / "run", "--processes", 1)

    evaluate("report", tmp_path / "run")

    assert "<img" not in (tmp_path / "run/report.html").read_text()
    assert "<img" not in (tmp_path / "run/report.md").read_text()


def test_an_unborn_or_empty_history_and_a_plain_folder_are_said(evaluate: Evaluate, tmp_path: Path) -> None:
    unborn = Repository(tmp_path / "unborn")
    short = Repository(tmp_path / "short")
    short.commit("Begin with only one commit", {"a.py": "x = 1\n"})
    (tmp_path / "plain").mkdir()

    with pytest.raises(RepositoryError, match="no commit yet"):
        evaluate("history", unborn.root)
    with pytest.raises(RepositoryError, match="none of the commits"):
        evaluate("history", short.root, "--out", tmp_path / "run")
    with pytest.raises(RepositoryError, match="is not a git repository"):
        evaluate("history", tmp_path / "plain")
    with pytest.raises(NotADirectory):
        evaluate("features", tmp_path / "absent")


def test_wrong_names_and_files_are_said_before_anything_runs(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    common = ("--clones", shop.root.parent, "--out", tmp_path / "run")

    with pytest.raises(UnknownSolver):
        evaluate("swebench", tasks, *common, "--solver", "magic")
    with pytest.raises(BadTaskFile):
        evaluate("swebench", tmp_path / "absent.jsonl", *common)
    with pytest.raises(RunError, match="is not a run"):
        evaluate("report", tmp_path)
    assert not (tmp_path / "run").exists()


def test_another_file_of_tasks_does_not_fall_into_the_same_run(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    common = ("--clones", shop.root.parent, "--out", tmp_path / "run", "--solver", "path", "--processes", 1)
    evaluate("swebench", tasks, *common)
    other = tmp_path / "other.jsonl"
    shutil.copy(tasks, other)
    other.write_text(other.read_text() + "\n")

    with pytest.raises(OtherTasks):
        evaluate("swebench", other, *common)


def test_nothing_is_written_into_the_repository(evaluate: Evaluate, shop: Shop, tmp_path: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in shop.root.rglob("*")}

    evaluate("history", shop.root, "--out", tmp_path / "run", "--processes", 1)

    assert {p: p.stat().st_mtime_ns for p in shop.root.rglob("*")} == before


def test_questions_are_asked_and_the_files_that_answer_them_counted(
    evaluate: Evaluate, shop: Shop, tmp_path: Path
) -> None:
    asked = {"repo": "acme/shop", "commit": shop.base, "question": "Where is the discount of a season taken off?"}
    rows = [asked | {"id": "one", "gold_files": ["shop/price.py"]}, asked | {"id": "two", "gold_files": []}]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    ran = evaluate(
        *("questions", file, "--clones", shop.root.parent, "--solver", "pack", "bm25", "--out", tmp_path / "run"),
        *("--processes", 1),
    )

    results = Results.read(tmp_path / "run")
    assert results.answers["pack"]["one"].files[0] == "shop/price.py"
    assert results.skipped == {"two": "it lacks gold_files"}
    assert "of 1 repository (questions); 1 skipped" in ran.out


def test_mined_tasks_are_written_for_a_fit_all_at_the_commit_before_the_oldest(
    evaluate: Evaluate, shop: Shop, tmp_path: Path
) -> None:
    evaluate("history", shop.root, "--last", 5, "--fit-tasks", tmp_path / "mined.jsonl")

    loaded = swebench.load(tmp_path / "mined.jsonl")
    assert loaded.tasks
    assert not loaded.skipped
    assert len({task.base for task in loaded.tasks}) == 1
    assert all(task.repository == shop.root.name.replace("__", "/") and task.gold_files for task in loaded.tasks)


def test_messages_that_explain_the_change_are_written_for_a_fit_as_they_are(evaluate: Evaluate, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "acme__toys")
    repository.commit("Sell toys", {"price.py": "def discounted(amount):\n    return amount\n"})
    told = "Take the discount off\n\nA customer pays less in summer, so discounted has to take off a tenth of it."
    repository.commit(told, {"price.py": "def discounted(amount):\n    return amount * 0.9\n"})
    listed = "Take more off in winter\n\n* discounted takes the half off the amount\n* fix the tests of the amounts"
    repository.commit(listed, {"price.py": "def discounted(amount):\n    return amount * 0.5\n"})
    repository.commit("Take nothing off any amount", {"price.py": "def discounted(amount):\n    return amount * 1\n"})

    evaluate("history", repository.root, "--fit-tasks", tmp_path / "told.jsonl", "--as-written")

    assert [task.text for task in swebench.load(tmp_path / "told.jsonl").tasks] == [told]


def test_weights_are_fitted_written_and_held_against_those_in_use(
    evaluate: Evaluate, shop: Shop, tasks: Path, tmp_path: Path
) -> None:
    common = ("fit", tasks, "--clones", shop.root.parent, "--run", tmp_path / "run", "--processes", 1)

    ran = evaluate(*common, "--out", tmp_path / "weights.json")
    again = evaluate(*common)

    written = json.loads((tmp_path / "weights.json").read_text())
    assert written["files"].keys() == ranking.FILE_WEIGHTS.keys()
    assert written["questions"].keys() == ranking.QUESTION_WEIGHTS.keys()
    assert written["companions"].keys() == ranking.COMPANION_WEIGHTS.keys()
    assert written["definitions"].keys() == ranking.SYMBOL_WEIGHTS.keys()
    assert written["places"].keys() == ranking.PLACE_WEIGHTS.keys()
    assert written["headline"].keys() == ranking.HEADLINE_WEIGHTS.keys()
    assert (written["tasks"][0]["file"], written["tasks"][0]["tasks"]) == ("tasks.jsonl", 4)
    assert "Skipped 1 task: no clone of acme/absent" in ran.err
    assert "2 tasks of 1 repository" in ran.err
    assert "how sure the first file is" in ran.err
    assert json.loads(again.out) == written
    assert "2 answers are in" in again.err
    assert evaluate(*common, "--check", code=1).out.count(" in use, ") > 20
