"""`noctule fleet sleep` as people and CI call it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import Repository as Made


def test_a_list_of_repositories_is_indexed_published_and_reported(noctule: Noctule, tmp_path: Path) -> None:
    for name in ("web", "api"):
        Made(tmp_path / name).commit("Start", {f"{name}.py": f"def {name}():\n    return 1\n"})
    listed = tmp_path / "list"
    listed.write_text(f"web\nfile://{tmp_path}/api\nfile://{tmp_path}/<gone>\n")
    to, out = f"file://{tmp_path}/public", tmp_path / "out"

    ran = noctule("fleet", "sleep", listed, "--to", to, "--out", out, "--json")
    said = noctule("fleet", "sleep", listed, "--shard", "3/3", "--max-memory-per-task", "500MB")

    report = json.loads(ran.out)
    assert ran.code == 1
    assert [(one["state"], one["kind"]) for one in report["repositories"]] == [
        ("failed", "absent"),
        ("published", ""),
        ("published", ""),
    ]
    page = Path(report["page"]).read_text()
    assert Path(report["page"]).parent == out
    assert "1 not indexed" in page
    assert "&lt;gone&gt;" in page
    assert "<gone>" not in page
    assert (said.code, said.out.splitlines()[0].partition(" in ")[0]) == (0, "Indexed 1 of 1 repository")
    assert noctule.ok("context", tmp_path / "web", "--task", "web", "--at", "HEAD").out


def test_a_folder_of_the_list_that_is_gone_is_reported_and_stops_no_other(noctule: Noctule, tmp_path: Path) -> None:
    Made(tmp_path / "web").commit("Start", {"web.py": "def web():\n    return 1\n"})
    (tmp_path / "list").write_text(f"{tmp_path}/web\n{tmp_path}/gone\n")

    ran = noctule("fleet", "sleep", tmp_path / "list", "--json")

    assert [(one["name"], one["state"], one["kind"]) for one in json.loads(ran.out)["repositories"]] == [
        ("gone", "failed", "absent"),
        ("web", "learned", ""),
    ]
    assert ran.err.splitlines()[0].endswith("/gone; mount it, or leave it out of the list")


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_indexed(noctule: Noctule, tmp_path: Path) -> None:
    Made(tmp_path / "api").commit("Start", {"api.py": "def api():\n    return 1\n"})
    (tmp_path / "file").write_text("no folder")

    ran = noctule("fleet", "sleep", tmp_path, "--to", f"file://{tmp_path}/file/public")

    assert (ran.code, ran.out) == (1, "")
    assert "file/public" in ran.complaint
    assert list(noctule.cache.rglob("store.db")) == []


def test_a_repository_without_a_branch_is_reported_with_what_helps_in_a_fleet(noctule: Noctule, tmp_path: Path) -> None:
    Made(tmp_path / "api").commit("Start", {"api.py": "def api():\n    return 1\n"})
    Made(tmp_path / "web").commit("Start", {"web.py": "def web():\n    return 1\n"})
    Made(tmp_path / "web").git("checkout", "-q", "--detach")
    fleet = ("fleet", "sleep", tmp_path, "--to", f"file://{tmp_path}/public", "--json")

    ran = noctule(*fleet)
    Made(tmp_path / "web").git("checkout", "-q", "-")
    mended = noctule(*fleet)

    assert [(one["name"], one["state"]) for one in json.loads(ran.out)["repositories"]] == [
        ("api", "published"),
        ("web", "failed"),
    ]
    assert ran.err.splitlines()[0] == (
        "web: no branch is checked out; check out a branch there, or list its address instead of its folder"
    )
    assert mended.code == 0


def test_what_cannot_be_meant_is_one_line(noctule: Noctule, tmp_path: Path) -> None:
    for args in (
        ("fleet", "sleep"),
        ("fleet", "sleep", "nowhere"),
        ("fleet", "sleep", ".", "--shard", "0/3"),
        ("fleet", "sleep", ".", "--max-memory-per-task", "much"),
        ("fleet", "sleep", ".", "--max-memory-per-task", "10"),
        ("fleet", "sleep", ".", "--to", "ftp://example.org"),
        ("fleet", "sleep", ".", "--engine", "ray"),
    ):
        ran = noctule(*args, cwd=tmp_path)
        assert ran.complaint.startswith("noctule: ")
        assert ran.code in (1, 2)
