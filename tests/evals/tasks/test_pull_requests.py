"""Pull requests with related ones: what is older than the base is told from what looks ahead, and files are scored."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from noctule.evals.commands.looking import look_at_all
from noctule.evals.errors import BadTaskFile
from noctule.evals.report import markdown
from noctule.evals.report.content import page
from noctule.evals.run_folder import Results, Run
from noctule.evals.stateful.chat import Chat, DollarCap
from noctule.evals.stateful.finder import Finder, FinderSolver, finder_name
from noctule.evals.stateful.request import Journal
from noctule.evals.tasks.pull_requests import count_look_ahead, load_pull_requests
from noctule.indexer.errors import BadTask
from noctule.indexer.files.git import discover
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import AskModel, AskScores, ModelAnswer, ModelFacts, TextScores, ToolCall
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from tests.evals.conftest import Ran, Shop


def row(pr: int, related: list[int], base: str, began: str, ended: str, *files: tuple[str, str]) -> dict[str, Any]:
    changed = [{"filename": path, "status": status, "patch": ""} for path, status in files]
    return {
        **{"id": f"shop-{pr}", "repo": "acme/shop", "pr": pr, "title": "Take off an unknown rate", "body": "In price."},
        **{"related": related, "base_commit": base, "base_date": began, "head_date": ended, "changed_files": changed},
    }


def write(folder: Path, *rows: object) -> Path:
    file = folder / "features.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return file


def test_the_future_is_told_from_the_past_and_files_are_scored(
    evaluate: Callable[..., Ran], shop: Shop, tmp_path: Path
) -> None:
    price, basket = ("shop/price.py", "modified"), ("shop/basket.py", "modified")
    file = write(
        tmp_path,
        row(1, [2, 3], shop.base, "2024-05-01T10:00:00+02:00", "2024-05-02T10:00:00Z", price, ("new.py", "new")),
        row(2, [1], shop.base, "2024-04-01T10:00:00Z", "2024-05-01T07:59:00Z", price),
        row(3, [9], shop.base, "2024-06-01T10:00:00Z", "2024-06-02T10:00:00Z", basket),
        row(4, [], "", "", "", basket),
        {**row(5, [], shop.base, "", ""), "changed_files": None},
    )
    known = load_pull_requests(file)
    assert [task.gold_files for task in known.tasks] == [("shop/price.py",), ("shop/price.py",), ("shop/basket.py",)]
    assert [pr.id for pr in known.related("shop-1", past_only=True)] == ["shop-2"]
    assert count_look_ahead(known) == (2, 3)
    assert set(known.skipped) == {"shop-4", "shop-5"}

    ran = evaluate(
        *("features", file, "--clones", shop.root.parent, "--out", tmp_path / "run", "--processes", 1),
        *("--solver", "related", "related-past", "bm25"),
    )

    answers = Results.read(tmp_path / "run").answers
    assert answers["related"]["shop-1"].files == ("shop/price.py", "shop/basket.py")
    assert answers["related-past"]["shop-1"].files == ("shop/price.py",)
    assert answers["related-past"]["shop-2"].abstained
    assert "2 of 3 related pull requests are later" in ran.err
    evaluate("report", tmp_path / "run")
    assert "| related-past | first 5 | 3 |" in (tmp_path / "run/report.md").read_text()


def test_patches_without_a_head_are_read_and_those_that_break_off_cost_no_task(
    evaluate: Callable[..., Ran], shop: Shop, tmp_path: Path
) -> None:
    price = ("shop/price.py", "modified")
    hunk = '@@ -1,2 +1,2 @@\n-"""Prices and what is taken off them."""\n+"""Prices."""\n \n'
    rows = [row(number, [], shop.base, "", "", price) for number in (1, 2)]
    for one, patch in zip(rows, (hunk, hunk[:30]), strict=True):
        one["changed_files"][0]["patch"] = patch

    whole, cut = load_pull_requests(write(tmp_path, *rows)).tasks

    assert whole.patch.startswith(
        "diff --git a/shop/price.py b/shop/price.py\n--- a/shop/price.py\n+++ b/shop/price.py\n"
    )
    assert (cut.patch, cut.gold_files) == ("", ("shop/price.py",))
    said = evaluate(
        *("features", tmp_path / "features.jsonl", "--clones", shop.root.parent, "--out", tmp_path / "run"),
        *("--processes", 1, "--solver", "bm25", "pack"),
    ).said
    assert "2 tasks of 1 repository (pull requests); none skipped, none failed." in said


@dataclass
class Looker:
    """A model that searches once, then reads, then names the right file, one too many, and one that does not exist."""

    requests: list[dict[str, Any]] = field(default_factory=list)

    def facts(self, model: str, stop: Event) -> ModelFacts:
        return ModelFacts("played", None, None, False, None)

    def ask(self, request: AskModel, stop: Event, limit_s: float) -> ModelAnswer:
        self.requests.append(dict(request.parts))
        tools = [tool["function"]["name"] for tool in request.parts["tools"]]
        turn = sum(m["role"] == "assistant" for m in request.parts["messages"])
        if "rethink" in tools:
            said = ("finish", "{}") if turn else ("rethink", json.dumps({"note": "It is about the price."}))
        elif tools == ["submit"] or turn == 2:
            said = "submit", json.dumps({"files": ["shop/price.py", "shop/mail.py", "made/up.py"]})
        else:
            reading = {"path": "shop/price.py", "first_line": 3}
            said = ("read", json.dumps(reading)) if turn else ("search", '{"name": "discounted"}')
        return ModelAnswer("", (ToolCall("c1", *said),), "tool calls", 9, Usage(100, 10), {})

    def score(self, request: AskScores, stop: Event, limit_s: float) -> TextScores:
        raise AssertionError


def test_a_model_looks_in_so_many_steps_and_reads_related_ones_ahead(shop: Shop, tmp_path: Path) -> None:
    price = ("shop/price.py", "modified")
    file = write(
        tmp_path,
        row(1, [2], shop.base, "2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z", price),
        row(2, [1], shop.base, "2024-04-01T10:00:00Z", "2024-05-01T07:59:00Z", price),
    )
    known, model = load_pull_requests(file), Looker()
    place = discover(shop.root)
    assert place is not None
    args = argparse.Namespace(retry_failed=False, cache=None)
    names = [finder_name(arm, steps) for arm in ("cold", "test", "sleep") for steps in (1, 4)]
    tasks = [(place, task) for task in known.tasks]
    with Run(tmp_path / "run", {"kind": "features", "file": "x"}, "test") as into, Journal(into.folder) as journal:
        into.add_tasks(task for _, task in tasks)
        chat = Chat("played/looker", model, Key(), Prices(1, 1, 1, 1), DollarCap(1.0, 0.0), journal)
        look_at_all(into, tasks, names, partial(FinderSolver, Finder(known, chat)), args)
        asked = len(model.requests)
        look_at_all(into, tasks, names, partial(FinderSolver, Finder(known, chat)), args)

    assert asked == len(model.requests) == 2 * (3 * (1 + 3)) + 2 * 2  # each related one is read once for all steps
    answers = Results.read(tmp_path / "run").answers
    found = answers["finder:sleep@4"]["shop-1"]
    assert found.files == ("shop/price.py", "shop/mail.py")
    assert (found.measures["steps"], found.measures["invented"], found.measures["output"]) == (3, 1, 30)
    assert found.measures["sleep_output"] == 20
    first = [r["messages"][1]["content"] for r in model.requests if "rethink" not in str(r["tools"])]
    counts = [sum(words in text for text in first) for words in ("Related pull requests", "It is about the price.")]
    assert counts == [2 * (1 + 3)] * 2
    last = next(r["messages"][-1]["content"] for r in model.requests if len(r["messages"]) == 6)
    assert last.startswith("[Step 2/4]\n3 ")
    table = markdown.render(page([Results.read(tmp_path / "run")]))
    assert "| sleep | 4 | 2 | 50.0 | 100.0 | 66.7 |" in table


def test_a_file_of_another_form_and_missing_clones_are_said(evaluate: Callable[..., Ran], tmp_path: Path) -> None:
    file = write(tmp_path, row(1, [], "a" * 40, "", "", ("a.py", "modified")), {"question": "How many?"})

    with pytest.raises(BadTask, match="needs clones"):
        evaluate("features", file)
    with pytest.raises(BadTaskFile, match="row 2: it is not a pull request"):
        evaluate("features", file, "--clones", tmp_path)
