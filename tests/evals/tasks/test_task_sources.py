from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from noctule.evals.errors import BadTaskFile
from noctule.evals.tasks.clones import find, lacking
from noctule.evals.tasks.features import mine_features
from noctule.evals.tasks.history import Mined, mine, repository_name
from noctule.evals.tasks.swebench import load
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import discover
from noctule.indexer.files.masking import mask
from noctule.indexer.history.log import Change, Commit
from noctule.indexer.history.task_text import unfit
from tests.evals.conftest import Shop
from tests.repositories import Repository

PATCH = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n"
ROW = {
    "instance_id": "acme__shop-1",
    "repo": "acme/shop",
    "base_commit": "c0ffee",
    "problem_statement": "It fails",
    "patch": PATCH,
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(row + "\n" if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
    return path


def test_swe_bench_rows_become_tasks(tmp_path: Path) -> None:
    loaded = load(write(tmp_path / "t.jsonl", ROW | {"gold_functions": ["x.py:f"], "created_at": "2024"}))

    assert loaded.skipped == ()
    assert loaded.tasks == (
        Task(
            "acme__shop-1",
            "issue",
            "acme/shop",
            "c0ffee",
            "It fails",
            PATCH,
            pair="acme__shop-1",
            created_at="2024",
            gold_symbols=("x.py:f",),
        ),
    )
    assert Task.of_json(json.loads(json.dumps(loaded.tasks[0].to_json()))) == loaded.tasks[0]


def test_multi_swe_bench_and_loc_bench_rows_are_read_too(tmp_path: Path) -> None:
    multi = {
        "org": "acme",
        "repo": "shop",
        "instance_id": "acme__shop-2",
        "base": {"sha": "c0ffee"},
        "resolved_issues": [{"title": "It fails", "body": "Always."}, {"title": "Twice", "body": None}],
        "fix_patch": PATCH,
    }
    loc = ROW | {"edit_functions": ["x.py:A.f"]}

    found = load(write(tmp_path / "t.jsonl", multi, loc)).tasks

    assert (found[0].repository, found[0].base, found[0].text) == ("acme/shop", "c0ffee", "It fails\nAlways.\n\nTwice")
    assert found[1].gold_symbols == ("x.py:A.f",)


def test_a_json_list_and_a_compressed_file_are_read(tmp_path: Path) -> None:
    listed = tmp_path / "t.json"
    listed.write_text(json.dumps([ROW]))
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(ROW).encode()))

    assert load(listed).tasks == load(packed).tasks != ()


def test_rows_that_are_no_tasks_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = [
        ROW,
        {k: v for k, v in ROW.items() if k not in ("patch", "repo")} | {"instance_id": "a"},
        ROW | {"instance_id": "b", "patch": "no patch"},
        "{broken",
        "7",
        ROW,
    ]

    loaded = load(write(tmp_path / "t.jsonl", *rows))

    assert [t.id for t in loaded.tasks] == ["acme__shop-1"]
    assert loaded.skipped == (
        ("a", "it lacks repo, patch"),
        ("b", "the patch names no file"),
        ("row 4", "it is not a JSON object"),
        ("row 5", "it is not a JSON object"),
        ("acme__shop-1", "its id stands in the file twice"),
    )


@pytest.mark.parametrize("content", [b"", b"[{broken", b"\n\n"])
def test_a_file_without_tasks_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.jsonl").write_bytes(content)

    with pytest.raises(BadTaskFile):
        load(tmp_path / "t.jsonl")


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTaskFile, match="cannot read"):
        load(tmp_path / "absent.jsonl")


def test_clones_are_found_by_their_usual_names_and_asked_for_their_commits(tmp_path: Path, shop: Shop) -> None:
    folder = shop.root.parent
    shop.git("clone", "-q", "--bare", str(shop.root), str(tmp_path / "shop.git"))
    place = find(folder, "acme/shop")

    assert place is not None
    assert place.root == shop.root.resolve()
    assert find(tmp_path, "acme/shop") is not None
    assert find(tmp_path, "acme/other") is None
    assert lacking(place, [shop.base, "0" * 40, "HEAD; rm", shop.base]) == {"0" * 40, "HEAD; rm"}


def commit(
    message: str, *changes: Change, parents: tuple[str, ...] = ("p",), author: str = "ada@example.org"
) -> Commit:
    return Commit("c", parents, 0, author, message, changes or (Change("a.py", "M"),))


@pytest.mark.parametrize(
    ("reason", "unfitting"),
    [
        ("a merge", commit("Merge the branch of Ada", parents=("p", "q"))),
        ("the first commit", commit("Begin to sell some things", parents=())),
        ("a revert or fixup", commit('Revert "Sell things to all"')),
        ("a revert or fixup", commit("fixup! Sell things to all")),
        ("by a bot", commit("Sell things to all people", author="49699333+dependabot[bot]@users.noreply.github.com")),
        ("a mass edit", commit("Sell things to all people", *(Change(f"{n}.py", "M") for n in range(11)))),
        ("a version bump", commit("Bump the version to 2.0")),
        ("a version bump", commit("2.0.1 is what we release")),
        ("a version bump", commit("Release 2.0 of all things")),
        ("a version bump", commit("chore(deps): bump urllib3 from 1 to 2")),
        ("changes no existing source file", commit("Sell things to all people", Change("docs/a.md", "M"))),
        ("changes no existing source file", commit("Sell things to all people", Change("tests/test_a.py", "M"))),
        ("changes no existing source file", commit("Sell things to all people", Change("a.py", "A"))),
        ("says too little", commit("Fix it\n\nSigned-off-by: Ada Lovelace the first <ada@example.org>")),
    ],
)
def test_commits_that_nobody_could_have_asked_for_are_left_out(reason: str, unfitting: Commit) -> None:
    assert unfit(unfitting) == reason


def test_other_commits_make_a_task() -> None:
    assert unfit(commit("Release the lock when selling fails")) is None
    assert unfit(commit("Sell things to all", Change("a.py", "M"), Change("tests/test_a.py", "M"))) is None


def test_a_commit_is_a_task_at_its_parent_as_written_and_masked(shop: Shop) -> None:
    place = discover(shop.root)
    assert place is not None

    mined = mine(place, "shop", "HEAD", 2)

    plain, masked, *older = mined.tasks
    assert (plain.base, plain.commit, plain.masked, masked.masked) == (shop.base, shop.fix, False, True)
    assert plain.text == "The discount of an unknown season fails: take nothing off the amount then"
    assert plain.pair == masked.pair == shop.fix[:12]
    assert plain.gold_files == ("shop/price.py",)
    assert [t.text for t in older] == [
        "Keep articles that cost nothing in the basket",
        "Keep articles that cost nothing in the",
    ]
    assert (mined.seen, mined.left_out) == (2, {})


def test_only_commits_since_a_day_make_tasks(shop: Shop) -> None:
    place = discover(shop.root)
    assert place is not None
    newest = int(shop.git("log", "-1", "--format=%ct", shop.fix))

    assert {task.commit for task in mine(place, "shop", "HEAD", 9, since=newest).tasks} == {shop.fix}
    assert mine(place, "shop", "HEAD", 9, since=newest + 1) == Mined((), 0, {})


def test_commits_left_out_are_counted_by_reason(shop: Shop) -> None:
    place = discover(shop.root)
    assert place is not None

    mined = mine(place, "shop", "HEAD", 100)

    assert mined.seen == 6
    assert mined.left_out == {"changes no existing source file": 1, "the first commit": 1}


def test_features_modify_three_source_files_or_more(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    files = {f"{name}.py": "def f():\n    return 1\n" for name in "abcd"}
    repository.commit("Begin with four files of code", files)
    changed = {path: text.replace("1", "2") for path, text in files.items()}
    wide = repository.commit("Return two of everything from now on", {**changed, "e.py": "x = 1\n"})
    repository.commit("Return three from the first one", {"a.py": "def f():\n    return 3\n"})
    place = discover(repository.root)
    assert place is not None

    mined = mine_features(place, "r", "HEAD", 10)

    assert {t.commit for t in mined.tasks} == {wide}
    assert mined.tasks[0].gold_files == ("a.py", "b.py", "c.py", "d.py")


def test_masking_removes_names_of_files_and_symbols_and_nothing_else() -> None:
    text = "Fix Basket.total in shop/basket.py: shop.basket rounds, and BASKET too; basketball stays. See price_list."

    masked = mask(text, ["shop/basket.py"], ["shop/basket.py:Basket.total"])

    assert masked == "Fix in : rounds, and too; basketball stays. See price_list."


def test_masking_takes_a_folders_name_where_the_file_stands_for_it() -> None:
    assert mask("The sansio package, and init too", ["src/sansio/__init__.py"], []) == "The package, and init too"


@pytest.mark.parametrize(
    ("folder", "called"),
    [
        ("/a/shop", "shop"),
        ("/a/shop.git", "shop"),
        ("/a/shop/repo", "shop"),
        ("/a/shop/.git", "shop"),
        ("/repo", "repo"),
    ],
)
def test_a_repository_is_called_by_the_first_folder_that_says_whose_it_is(folder: str, called: str) -> None:
    assert repository_name(Path(folder)) == called
