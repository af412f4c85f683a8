"""What is refused is named as the user named it, with what helps, and with the exit code that the documents give it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.repositories import Repository


@pytest.mark.parametrize("file", ["/nope/notes", "/dev/null/notes"])
def test_a_bundle_that_cannot_be_written_is_named_as_it_was_given(noctule: Noctule, shop: Repo, file: str) -> None:
    ran = noctule("notes", shop.path, "--export", file)

    assert ran.code == 2
    assert ran.complaint.startswith(f"noctule: cannot write {file}: No")
    assert ran.complaint.endswith("name a file in a folder that you may write to")


def test_nothing_to_compare_with_is_said_of_a_branch_without_commits(noctule: Noctule, tmp_path: Path) -> None:
    Repository(tmp_path / "empty")
    for command in ("review", "tests"):
        ran = noctule(command, tmp_path / "empty", "main")
        assert (ran.code, "has no commit yet; make a commit first" in ran.complaint) == (2, True)


@pytest.mark.parametrize("subject", ["/etc/passwd", "../elsewhere.py"])
def test_what_lies_outside_is_named_as_it_was_given(noctule: Noctule, shop: Repo, subject: str) -> None:
    for command in ("notes", "predict"):
        ran = noctule(command, shop.path, subject)
        assert ran.code == 2
        assert ran.complaint.startswith(f"noctule: {subject} lies outside of {shop.path}; name what lies in it")


def test_the_folder_of_which_nothing_was_stored_is_named_in_full(noctule: Noctule, shop: Repo) -> None:
    assert noctule.ok("forget", "--yes", cwd=shop.path).out == f"Nothing was stored for {shop.path.resolve()}\n"


def test_a_setting_that_has_no_value_is_a_fault_of_the_settings(noctule: Noctule, shop: Repo) -> None:
    assert noctule("sleep", shop.path, "--think").code == 2
    assert noctule("share", "push", shop.path).code == 2


@pytest.mark.parametrize(
    "command", [["status"], ["context", "--task", "send the invoice"], ["notes", "a.py"], ["predict"]]
)
def test_an_answer_in_which_no_repository_has_part_is_a_failure(
    noctule: Noctule, tmp_path: Path, command: list[str]
) -> None:
    for name in ("api", "web"):
        Repository(tmp_path / "team" / name).commit("Begin", {"a.py": "x = 1\n"})
    (tmp_path / "bin").mkdir()
    ran = noctule(*command, cwd=tmp_path / "team", env={"PATH": str(tmp_path / "bin")})

    assert ran.code == 1
    assert "the git command is not installed" in ran.err


def test_a_repository_whose_objects_are_gone_is_told_of(noctule: Noctule, shop: Repo) -> None:
    shutil.rmtree(shop.path / ".git/objects")
    (shop.path / ".git/objects").mkdir()
    runs = [noctule("sleep", shop.path), noctule("sleep", shop.path)]
    report = json.loads(noctule("sleep", shop.path, "--json").out)
    doctor = noctule("doctor", shop.path)

    for ran in runs:
        assert ran.code == 1
        assert ran.complaint.startswith("noctule: the history could not be read: ")
    assert report["unread"]
    assert doctor.code == 1
    assert "git cannot read the latest commits" in doctor.out


def test_tests_of_no_change_says_that_nothing_changed(noctule: Noctule, shop: Repo) -> None:
    ran = noctule.ok("tests", shop.path)

    assert (ran.out, ran.err.splitlines()[-1]) == ("", f"Nothing differs between {shop.head()[:10]} and the work tree.")
