"""Every command on a real repository, for people and as JSON."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import COMMITS, ENOUGH_COMMITS, Repo
from tests.patience import PATIENCE_S
from tests.scip_index import index_words

TASK = "The discount of the cart is taken off twice in total_price"


def test_sleep_says_what_it_read(noctule: Noctule, shop: Repo) -> None:
    ran = noctule.ok("sleep", shop.path)

    assert ran.out.startswith(f"Indexed {shop.head()[:10]}: ")
    assert f"{COMMITS} commits read" in ran.out


def test_sleep_reads_nothing_twice(noctule: Noctule, shop: Repo) -> None:
    first = noctule.json("sleep", shop.path)
    second = noctule.json("sleep", shop.path)

    assert (first["complete"], first["commits_read"], first["parsed_blobs"] > 0) == (True, COMMITS, True)
    assert (second["complete"], second["commits_read"], second["parsed_blobs"]) == (True, 0, 0)
    assert second["commits_known"] == COMMITS
    assert noctule.ok("sleep", shop.path).out.startswith("Nothing new at ")


def test_a_sleep_after_a_change_is_taken_back_counts_the_commits_that_are_known(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    text = (shop.path / "shop/cart.py").read_text()
    (shop.path / "shop/cart.py").write_text(f"{text}\n# more\n")
    changed = noctule.json("sleep", shop.path)
    (shop.path / "shop/cart.py").write_text(text)

    assert (changed["commits_read"], changed["commits_known"]) == (0, COMMITS)
    assert f"{COMMITS} commits are up to date" in noctule.ok("sleep", shop.path).out


def test_sleep_reads_only_the_file_that_changed(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    shop.write("shop/cart.py", "class Basket:\n    def empty_everything(self):\n        pass\n")

    report = noctule.json("sleep", shop.path)

    assert (report["parsed_blobs"], report["commits_read"], report["dirty"]) == (1, 0, True)


def test_sleep_reads_the_scip_index_that_is_named_or_set(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    shop.write("berth.py", "class Berth:\n    def moor_here(self): ...\n")
    shop.write("pilot.py", "def pilot(berth):\n    berth.moor_here()\n")
    named = tmp_path / "made.scip"
    named.write_bytes(
        index_words(shop.path, {"moor_here": "s p p 1 berth/Berth#moor_here()."}, ["berth.py", "pilot.py"])
    )

    noctule.ok("sleep", shop.path, "--scip", named)

    assert "made.scip: 1 use from 1 document" in noctule.ok("status", shop.path).out
    assert "Used by pilot.py" in noctule.ok("notes", shop.path, "berth.py:Berth.moor_here").out
    noctule.ok("sleep", shop.path, env={"NOCTULE_SLEEP_SCIP": "nowhere.scip"})
    assert "nowhere.scip: no SCIP index is used" in noctule.ok("status", shop.path).out


def test_a_branch_switch_reads_only_what_was_never_seen(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    shop.git("checkout", "--quiet", "-b", "old", "HEAD~40")
    there = noctule.json("sleep", shop.path)
    shop.git("checkout", "--quiet", "main")
    back = noctule.json("sleep", shop.path)

    assert there["parsed_blobs"] <= 5
    assert (back["parsed_blobs"], back["commits_read"]) == (0, 0)


def test_work_trees_of_a_repository_share_what_is_known(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    noctule.ok("sleep", shop.path)
    shop.git("worktree", "add", "--quiet", str(tmp_path / "second"), "HEAD")

    report = noctule.json("sleep", tmp_path / "second")

    assert (report["parsed_blobs"], report["commits_read"]) == (0, 0)


def test_sleep_keeps_to_its_time_and_goes_on_later(noctule: Noctule, shop: Repo) -> None:
    report = noctule.json("sleep", shop.path, "--for", "0.000001")
    rest = noctule.json("sleep", shop.path)

    assert not report["complete"]
    assert rest["complete"]


def test_context_names_the_place_of_the_task(known: Known) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task", TASK)

    assert pack["files"][0]["path"] == "shop/cart.py"
    assert "Cart.total_price" in [symbol["symbol"] for symbol in pack["symbols"]]
    assert "shop/cart.py" in pack["text"]
    assert not pack["abstained"]


def test_context_for_people_is_the_text_of_the_pack_under_a_line_about_it(known: Known) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task", TASK)
    ran = known.noctule.ok("context", known.repo.path, "--task", TASK)

    assert ran.out.rstrip("\n") == pack["text"].rstrip("\n")
    assert ran.err.startswith(known.repo.head()[:10])
    assert ran.err.count("\n") == 1


def test_a_task_comes_from_an_argument_an_option_a_file_or_standard_input(known: Known, tmp_path: Path) -> None:
    (tmp_path / "task.md").write_text(TASK)
    ways = (
        known.noctule.ok("context", TASK, cwd=known.repo.path),
        known.noctule.ok("context", known.repo.path, TASK),
        known.noctule.ok("context", known.repo.path, "--task", TASK),
        known.noctule.ok("context", known.repo.path, "--task-file", tmp_path / "task.md"),
        known.noctule.ok("context", known.repo.path, "--task-file", "-", stdin=TASK.encode()),
        known.noctule.ok("context", known.repo.path, stdin=TASK.encode()),
    )

    assert len({ran.out for ran in ways}) == 1


def _run_with(known: Known, given: IO[bytes]) -> tuple[bytes, bytes]:
    with known.noctule.start("context", known.repo.path, stdin=given) as process:
        return process.communicate(timeout=PATIENCE_S)


def test_a_task_is_read_from_a_file_that_is_standard_input_but_not_from_the_middle_of_one(
    known: Known, tmp_path: Path
) -> None:
    (tmp_path / "task.md").write_text(f"another line\n{TASK}\n")
    with (tmp_path / "task.md").open("rb") as given:
        begun = _run_with(known, given)
    with (tmp_path / "task.md").open("rb", buffering=0) as given:
        given.seek(len("another line\n"))  # as in `while read line; do noctule context; done < list`
        amid = _run_with(known, given)
        left = given.read()

    assert b"The task is what standard input says." in begun[1]
    assert b"shop/cart.py" in begun[0]
    assert b"standard input" not in amid[1]
    assert left == f"{TASK}\n".encode()


def test_the_same_question_gets_the_same_bytes(known: Known) -> None:
    packs = [known.noctule.json("context", known.repo.path, "--task", TASK) for _ in range(2)]
    for pack in packs:
        del pack["elapsed_ms"]

    assert packs[0] == packs[1]


@pytest.mark.parametrize("budget", [0, 1, 40, 300, 2000, 10_000_000])
def test_a_budget_is_never_exceeded_and_ranks_the_same_files(known: Known, budget: int) -> None:
    pack = known.noctule.json("context", known.repo.path, "--task", TASK, "--budget", str(budget))

    assert pack["budget_tokens"] == budget
    assert pack["tokens"] <= budget
    assert pack["files"][0]["path"] == "shop/cart.py"
    assert budget or pack["text"] == ""


def test_context_lists_as_many_files_as_were_asked_for(known: Known) -> None:
    assert len(known.noctule.json("context", known.repo.path, "--task", TASK, "--files", "2")["files"]) == 2


def test_context_learns_first_what_nobody_learned_yet(noctule: Noctule, shop: Repo) -> None:
    first = noctule.ok("context", shop.path, "--task", TASK)
    second = noctule.ok("context", shop.path, "--task", TASK)

    assert first.err.startswith("Indexing ")
    assert "Indexing" not in second.err
    assert first.out == second.out


def test_context_answers_at_once_and_says_what_has_changed_since(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    shop.write("shop/coupon.py", "def redeem_coupon(code):\n    return code\n")

    ran = noctule.ok("context", shop.path, "--task", TASK)

    assert "1 file changed since the last run" in ran.err
    assert noctule.json("context", shop.path, "--task", TASK)["freshness"]["pending"] == ["shop/coupon.py"]


def test_a_revision_is_seen_as_it_was(noctule: Noctule, shop: Repo) -> None:
    before = shop.head()
    shop.commit("Redeem coupons", {"shop/coupon.py": "def redeem_coupon(code):\n    return code\n"})
    task = "redeem_coupon does not accept the code"

    after = noctule.json("context", shop.path, "--task", task)
    earlier = noctule.json("context", shop.path, "--task", task, "--at", before)

    assert after["files"][0]["path"] == "shop/coupon.py"
    assert (earlier["revision"], earlier["dirty"]) == (before, False)
    assert "coupon.py" not in str(earlier)


def test_notes_are_there_for_a_file_a_symbol_a_directory_and_the_repository(known: Known) -> None:
    subjects = {
        "shop/cart.py": "file",
        "shop/cart.py:Cart.total_price": "symbol",
        "shop": "directory",
        "": "repository",
    }

    for subject, kind in subjects.items():
        note = known.noctule.json("notes", known.repo.path, *([subject] if subject else []))
        assert note["subject_kind"] == kind
        shown = known.noctule.ok("notes", known.repo.path, *([subject] if subject else [])).out
        assert all(claim["text"].splitlines()[0] in shown for claim in note["claims"])


def test_notes_on_a_file_say_what_changes_with_it_and_rest_on_evidence(known: Known) -> None:
    claims = known.noctule.json("notes", known.repo.path, "shop/cart.py")["claims"]

    assert any("tests/test_cart.py" in claim["text"] for claim in claims)
    assert all(claim["evidence"] for claim in claims)


def test_a_single_argument_of_notes_is_the_subject_inside_a_repository(known: Known) -> None:
    inside = known.noctule.json("notes", "shop", cwd=known.repo.path)
    elsewhere = known.noctule.json("notes", known.repo.path, cwd=known.repo.path.parent)
    here = known.noctule.json("notes", ".", cwd=known.repo.path)

    assert [note["subject_kind"] for note in (inside, elsewhere, here)] == ["directory", "repository", "repository"]


def test_a_directory_is_the_path_of_context_and_what_looks_like_one_is_not_a_task(known: Known) -> None:
    pack = known.noctule.json("context", "shop", cwd=known.repo.path)
    ran = known.noctule("context", "../nosuch", cwd=known.repo.path)

    assert pack["assumed"]
    assert (ran.code, ran.complaint) == (2, "noctule: no such directory: ../nosuch")


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("cart.py", "shop/cart.py"),
        ("cart.py:Cart", "shop/cart.py:Cart"),
        ("Cart", "shop/cart.py:Cart"),
        ("test_cart.py", "tests/test_cart.py"),
    ],
)
def test_a_name_that_only_one_thing_has_is_enough(known: Known, name: str, means: str) -> None:
    assert known.noctule.json("notes", known.repo.path, name)["subject"] == means
    assert known.noctule.ok("notes", known.repo.path, name).out.startswith(f"{means}  ")


def test_a_file_is_named_from_the_current_directory_too(known: Known) -> None:
    inside = known.repo.path / "shop"

    assert known.noctule.json("notes", "cart.py", cwd=inside)["subject"] == "shop/cart.py"
    assert known.noctule.json("predict", "../shop/cart.py", cwd=inside)["given"] == ["shop/cart.py"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "shop/crat.py",
            "no such file: shop/crat.py (paths are relative to the repository root); did you mean shop/cart.py?",
        ),
        ("shop/cart.py:Crat", "no symbol Crat in shop/cart.py; did you mean shop/cart.py:Cart?"),
        ("Crat", "no such file, directory or symbol: Crat (paths are relative to the repository root); did you mean "),
    ],
)
def test_an_unknown_subject_is_named_with_the_nearest_one(known: Known, name: str, says: str) -> None:
    ran = known.noctule("notes", known.repo.path, name)

    assert ran.code == 2
    assert says in ran.complaint
    assert "shop/cart.py" in ran.complaint


def test_a_bare_name_that_two_symbols_of_a_file_have_is_no_answer_for_one_of_them(noctule: Noctule, shop: Repo) -> None:
    two = "class Cart:\n    def load(self):\n        return 1\n\n\nclass Bag:\n    def load(self):\n        return 2\n"
    shop.commit("Load", {"shop/load.py": two})
    noctule.ok("sleep", shop.path)

    ran = noctule("notes", shop.path, "shop/load.py:load")

    assert ran.code == 2
    assert "shop/load.py defines 2 symbols named load; did you mean shop/load.py:Cart.load or" in ran.complaint
    assert noctule.json("notes", shop.path, "shop/load.py:Bag.load")["subject"] == "shop/load.py:Bag.load"


def test_a_file_that_is_not_indexed_yet_is_said_to_be_that(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    shop.write("shop/gift.py", "def wrap():\n    return 1\n")

    for command, name in (("notes", "shop/gift.py"), ("predict", "shop/gift.py"), ("notes", "shop/gift.py:wrap")):
        ran = noctule(command, shop.path, name)
        assert ran.code == 2
        assert "shop/gift.py is not in the index; if it is new and git does not ignore it: `noctule sleep`" in ran.err


def test_why_a_file_is_left_out_is_said(noctule: Noctule, shop: Repo) -> None:
    shop.write("shop/big.py", "x = 1\n" * 400_000)
    (shop.path / "shop/link.py").symlink_to("cart.py")
    (shop.path / "shop/away.py").symlink_to("/etc/hostname")
    shop.write("shop/logo.png", "no picture")
    noctule.ok("sleep", shop.path)

    said = [noctule("notes", shop.path, f"shop/{name}") for name in ("big.py", "link.py", "away.py", "logo.png")]

    assert [ran.code for ran in said] == [2] * 4
    reasons = ("too large", "symlink", "symlink to outside the repository", "binary")
    for ran, reason in zip(said, reasons, strict=True):
        assert f" is left out of the index: {reason}; `noctule status` names what else is" in ran.complaint


def test_predict_takes_files_as_arguments(known: Known) -> None:
    ways = (
        known.noctule.json("predict", known.repo.path, "--given", "shop/cart.py"),
        known.noctule.json("predict", known.repo.path, "shop/cart.py"),
        known.noctule.json("predict", "cart.py", cwd=known.repo.path),
    )
    ran = known.noctule("predict", "crat.py", cwd=known.repo.path)

    assert ways[0] == ways[1] == ways[2]
    assert (ran.code, ran.complaint.endswith("; did you mean shop/cart.py?")) == (2, True)


def test_a_file_is_predicted_from_the_one_it_changes_with(known: Known) -> None:
    forecast = known.noctule.json("predict", known.repo.path, "--given", "shop/cart.py", "-k", "3")

    assert forecast["given"] == ["shop/cart.py"]
    assert forecast["withheld"] is None
    assert forecast["change_points"][0]["path"] == "tests/test_cart.py"
    assert forecast["change_points"][0]["probability"] > 0.5
    assert len([point for point in forecast["change_points"] if point["symbol"] is None]) <= 3
    assert forecast["trials"] > 0


def test_a_forecast_names_only_symbols_that_their_files_define(known: Known) -> None:
    points = known.noctule.json("predict", known.repo.path)["change_points"]

    symbols = [(point["path"], point["symbol"]) for point in points if point["symbol"] is not None]
    assert symbols
    for path, symbol in symbols:
        assert re.search(rf"\b(def|class|func|type) {symbol}\b", (known.repo.path / path).read_text())


def test_a_forecast_for_people_carries_its_hit_rate(known: Known) -> None:
    shown = known.noctule.ok("predict", known.repo.path, "--given", "shop/cart.py").out

    assert "tests/test_cart.py" in shown
    assert shown.startswith("Files:\n")
    assert "\nSymbols:\n" in shown
    assert ":" not in shown.partition("\nSymbols:\n")[0].splitlines()[1]
    assert "of the changed files were in its top 10 (most recently changed files: " in shown


def test_a_forecast_without_enough_past_is_withheld_with_its_reason(noctule: Noctule, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "young")
    repo.commit("Begin", {"a.py": "def begin():\n    pass\n"})

    forecast = noctule.json("predict", repo.path)

    assert (forecast["change_points"], bool(forecast["withheld"])) == ([], True)
    assert noctule.ok("predict", repo.path).out == f"No forecast: {forecast['withheld']}\n"


def test_status_says_what_is_known(known: Known) -> None:
    status = known.noctule.json("status", known.repo.path)
    shown = known.noctule.ok("status", known.repo.path).out

    assert status["kind"] == "work tree"
    assert status["revision"] == known.repo.head()
    assert (status["files"], status["commits"], status["dirty"]) == (7, ENOUGH_COMMITS, False)
    assert status["languages"] == {"python": 5, "go": 1}
    assert status["freshness"]["state"] == "fresh"
    assert Path(status["store_path"]).is_relative_to(known.noctule.cache)
    assert status["store_bytes"] > 0
    assert "up to date" in shown


def test_status_of_what_nobody_learned_says_how_to(noctule: Noctule, shop: Repo) -> None:
    assert noctule.json("status", shop.path)["freshness"]["state"] == "unknown"
    assert "nothing is indexed yet (run `noctule sleep`)" in noctule.ok("status", shop.path).out


def test_forget_asks_a_person_first_and_status_knows_of_a_pause(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    noctule.ok("pause", shop.path)
    kept = []
    for answer in (b"\n", b"no\n", b"y\n"):
        near, far = pty.openpty()
        with noctule.start("forget", shop.path, stdin=far, stdout=far, stderr=far) as process:
            os.close(far)
            os.write(near, answer)
            kept.append((process.wait(PATIENCE_S), any(noctule.cache.rglob("store.db"))))
            shown = os.read(near, 4000).decode()
        os.close(near)
        if kept[-1][1]:
            assert "paused until 'noctule resume'" in noctule.ok("status", shop.path).out

    assert kept == [(1, True), (1, True), (0, False)]
    assert "[y/N]" in shown
    assert noctule.json("status", shop.path)["paused"] == ""


def test_forget_removes_all_that_was_stored(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    store = noctule.store_file()

    first = noctule.ok("forget", shop.path)
    second = noctule.json("forget", shop.path)

    assert first.out.startswith("Removed ")
    assert not store.exists()
    assert (second["existed"], second["bytes"]) == (False, 0)
    assert noctule.json("status", shop.path)["freshness"]["state"] == "unknown"


def test_a_bare_repository_is_read_at_a_revision(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    shop.git("clone", "--quiet", "--bare", ".", str(tmp_path / "shop.git"))

    pack = noctule.json("context", tmp_path / "shop.git", "--task", TASK, "--at", "main")

    assert pack["files"][0]["path"] == "shop/cart.py"
    assert noctule.json("status", tmp_path / "shop.git")["kind"] == "bare repository"


def test_a_plain_folder_works_without_a_history(noctule: Noctule, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "cart.py").write_text("def total_price(discount):\n    return discount\n")

    pack = noctule.json("context", folder, "--task", TASK)

    assert (pack["revision"], pack["files"][0]["path"]) == (None, "cart.py")
    assert noctule.json("status", folder)["kind"] == "plain folder"


def test_a_folder_inside_of_a_repository_means_the_repository(known: Known) -> None:
    status = known.noctule.json("status", known.repo.path / "shop")

    assert status["root"] == str(known.repo.path.resolve())


def test_nothing_is_written_into_the_repository(noctule: Noctule, shop: Repo) -> None:
    before = shop.listing()

    for command in (["sleep"], ["context", "--task", TASK], ["predict"], ["status"], ["notes"], ["forget"]):
        noctule.ok(command[0], shop.path, *command[1:])

    assert shop.listing() == before


def test_a_sleep_imports_only_what_it_needs(shop: Repo, tmp_path: Path) -> None:
    code = (
        "import sys; from noctule.lsp_server.cli.main import main; assert main(['sleep', sys.argv[1]]) == 0\n"
        "print([name for name in ('noctule.lsp_server.settings', 'rich', 'tree_sitter') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(shop.path)]
    environment = os.environ | {"NOCTULE_CACHE_DIR": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
