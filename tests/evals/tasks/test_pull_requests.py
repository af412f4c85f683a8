"""Pull requests with related ones: what is older than the base is told from what looks ahead, and files are scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noctule.evals.errors import BadTaskFile
from noctule.evals.run_folder import Results
from noctule.evals.tasks.pull_requests import count_look_ahead, load_pull_requests
from noctule.indexer.errors import BadTask
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


def test_a_file_of_another_form_and_missing_clones_are_said(evaluate: Callable[..., Ran], tmp_path: Path) -> None:
    file = write(tmp_path, row(1, [], "a" * 40, "", "", ("a.py", "modified")), {"question": "How many?"})

    with pytest.raises(BadTask, match="needs clones"):
        evaluate("features", file)
    with pytest.raises(BadTaskFile, match="row 2: it is no pull request"):
        evaluate("features", file, "--clones", tmp_path)
