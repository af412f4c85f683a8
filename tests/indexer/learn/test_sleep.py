"""What a sleep learns, what it does not learn twice, and what is left when it is cut off."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from noctule.indexer.arrays import unpack
from noctule.indexer.progress import Pace
from noctule.indexer.reports import SleepReport
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.store import Store
from noctule.indexer.store.writer import MOST_SEGMENTS, join_segments
from tests.patience import PATIENCE_S
from tests.repositories import Repository as Made

TASK = "cart_total rounds wrongly when round_half_up meets a negative price, see shop/money.py"
FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/cart.py": """
from shop.money import round_half_up


def cart_total(items):
    return round_half_up(sum(i.price for i in items))
""",
    "shop/money.py": """
def round_half_up(price):
    return int(price + 0.5)


def as_text(price):
    return str(price)
""",
    "shop/tax.py": """
from shop.money import round_half_up


def tax_of(price):
    return round_half_up(price * 0.2)
""",
    "tests/test_cart.py": """
from shop.cart import cart_total


def test_total():
    assert cart_total([]) == 0
""",
    "README.md": "# A shop\n\nCarts with prices and taxes.\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    made.commit("A shop with carts and money", dict(FILES))
    made.commit("Round prices half up", {"shop/money.py": str(FILES["shop/money.py"]) + "\n# up\n"})
    made.commit(
        "Taxes", {"shop/tax.py": str(FILES["shop/tax.py"]) + "\n# more\n", "shop/cart.py": FILES["shop/cart.py"]}
    )
    return made


def opened(made: Made, cache: Path, at: str | None = None) -> Repository:
    return Repository.open(made.root, at=at, cache=cache)


def slept(made: Made, cache: Path, at: str | None = None, deadline_s: float | None = None) -> SleepReport:
    return opened(made, cache, at).sleep(deadline_s=deadline_s)


def answer(made: Made, cache: Path, at: str | None = None, task: str = TASK) -> dict[str, Any]:
    """Return all that a pack says but the times."""
    repository = opened(made, cache, at)
    try:
        pack = json.loads(json.dumps(repository.context(task).to_json()))
    finally:
        repository.refresh()
    del pack["elapsed_ms"]
    del pack["freshness"]["learned_at"]
    return dict(pack)


def forecast(made: Made, cache: Path, at: str | None = None) -> dict[str, Any]:
    repository = opened(made, cache, at)
    try:
        found = json.loads(json.dumps(repository.predict(["shop/cart.py"], "prices").to_json()))
    finally:
        repository.refresh()
    del found["freshness"]["learned_at"]
    return dict(found)


def rows(made: Made, cache: Path, sql: str) -> list[Any]:
    database = sqlite3.connect(opened(made, cache).folder / "store.db")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


@pytest.fixture(scope="module")
def pristine_wide(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A repository whose files take a moment to parse."""
    made = Made(tmp_path_factory.mktemp("pristine") / "wide")
    for n in range(60):
        body = "".join(f"def step_{n}_{i}(value):\n    return scale_{i}(value) * {i}\n\n\n" for i in range(60))
        made.write(f"package_{n % 5}/module_{n}.py", f'"""Module {n}."""\n\n\n{body}')
    made.commit("Steps")
    return made


@pytest.fixture
def wide(pristine_wide: Made, tmp_path: Path) -> Made:
    """The same to change; nothing is known about it."""
    shutil.copytree(pristine_wide.root, tmp_path / "wide")
    return Made(tmp_path / "wide")


@pytest.fixture(scope="module")
def learned_wide(pristine_wide: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of who learned it in one sleep, without a disturbance. Not to be changed."""
    cache = tmp_path_factory.mktemp("learned") / "cache"
    slept(pristine_wide, cache)
    return cache


@pytest.fixture(scope="module")
def wide_answer(pristine_wide: Made, learned_wide: Path) -> dict[str, Any]:
    """What is answered after such a sleep."""
    return answer(pristine_wide, learned_wide, task=WIDE_TASK)


WIDE_TASK = "step_17_3 scales by the wrong value in module_17"


def parts(made: Made, cache: Path) -> dict[str, bytes]:
    """Return all parts of the view, and leave no view behind: the next sleep lays it out from nothing."""
    slept(made, cache)
    found = dict(rows(made, cache, "SELECT name, data FROM part"))
    database = sqlite3.connect(opened(made, cache).folder / "store.db")
    with database:
        database.execute("DELETE FROM part")
        database.execute("DELETE FROM view")
    database.close()
    return found


# What is learned once


def test_a_view_that_grew_step_by_step_equals_one_that_was_laid_out_at_once(made: Made, tmp_path: Path) -> None:
    cart = str(FILES["shop/cart.py"])
    steps: list[dict[str, str]] = [
        {"shop/cart.py": cart.replace("from shop.money", "from shop.tax")},
        {"shop/cart.py": cart, "shop/tax.py": "import shop.cart\nfrom shop import money\n"},
        {"shop/tax.py": "def round_half_up(price):\n    return price\n"},
        {"tests/money.py": "def as_text(price):\n    return round_half_up(price)\n"},
        {"README.md": "# Another shop\n"},
        {"shop/money.py": "", "tests/test_cart.py": "from . import money\n\n\ndef test_it():\n    money.as_text(1)\n"},
    ]
    slept(made, tmp_path / "grown")
    for number, step in enumerate(steps):
        for path, text in step.items():
            made.write(path, text)
        if number % 3 == 2:
            made.commit(f"Step {number}")
        slept(made, tmp_path / "grown")

    grown = parts(made, tmp_path / "grown")
    at_once = parts(made, tmp_path / "grown")
    cold = parts(made, tmp_path / "cold")

    for fit in ("fitted", "past_facts"):  # a fit serves for several commits
        grown.pop(fit), at_once.pop(fit)
    assert grown == at_once
    # The others number the store's rows, which are in the order in which blobs were met.
    for name in ("oids", "path_terms", "graph", "imports", "relations", "commits", "commit_terms", "touches", "facts"):
        assert grown[name] == cold[name], name
    assert len(unpack(grown["relations"])["users"]) > 2


def test_what_a_go_module_is_called_decides_which_imports_are_its_own(made: Made, tmp_path: Path) -> None:
    user = 'package http\n\nimport (\n\t"go.uber.org/zap"\n\t"{}"\n)\n\nfunc Serve() {{ zap.L(); caddy.Run() }}\n'
    made.commit(
        "In Go",
        {
            "go.mod": "// The server\nmodule example.com/caddy/v2 // import\n\ngo 1.25\n",
            "caddy.go": "package caddy\n\nfunc Run() {}\n",
            "own/own.go": user.format("example.com/caddy/v2"),
            "foreign/foreign.go": user.format("example.com/other/v2"),
            "tools/go.mod": 'module "example.com/tools"\n',
            "tools/lint/lint.go": "package lint\n\nfunc Check() {}\n",
            "tools/main.go": 'package main\n\nimport "example.com/tools/lint"\n\nfunc main() { lint.Check() }\n',
        },
    )

    assert edges(made, tmp_path / "cache") == {("own/own.go", "caddy.go"), ("tools/main.go", "tools/lint/lint.go")}
    made.write("go.mod", "module example.com/other/v2\n")
    assert edges(made, tmp_path / "cache") == {
        ("foreign/foreign.go", "caddy.go"),
        ("tools/main.go", "tools/lint/lint.go"),
    }
    (evidence,) = [
        evidence
        for claim in opened(made, tmp_path / "cache").notes("caddy.go").claims
        if claim.kind == "dependents"
        for evidence in claim.evidence
    ]
    assert (evidence.path, evidence.start_line) == ("foreign/foreign.go", 8)


def edges(made: Made, cache: Path) -> set[tuple[str, str]]:
    """Sleep; return which Go files use which."""
    slept(made, cache)
    paths = sorted(opened(made, cache).snapshot().files)
    ((data,),) = rows(made, cache, "SELECT data FROM part WHERE name = 'relations'")
    pairs, _ = Relations.of_columns(unpack(data)).pairs()
    named = {(paths[user], paths[used]) for user, used in pairs}
    return {(user, used) for user, used in named if user.endswith(".go") and used.endswith(".go")}


def test_a_second_sleep_has_nothing_to_do(made: Made, tmp_path: Path) -> None:
    first = slept(made, tmp_path / "cache")
    second = slept(made, tmp_path / "cache")

    assert (first.parsed_blobs, first.known_blobs, first.commits_read, first.complete) == (6, 0, 3, True)
    assert (second.parsed_blobs, second.known_blobs, second.commits_read, second.complete) == (0, 6, 0, True)


def test_a_branch_switch_parses_only_unseen_blobs(made: Made, tmp_path: Path) -> None:
    slept(made, tmp_path / "cache")
    made.git("checkout", "-q", "-b", "other")
    made.commit("Discounts", {"shop/discount.py": "def discount(): pass\n", "README.md": "# Another shop\n"})

    there = slept(made, tmp_path / "cache")
    made.git("checkout", "-q", "main")
    back = slept(made, tmp_path / "cache")

    assert (there.parsed_blobs, there.known_blobs, there.commits_read) == (2, 5, 1)
    assert (back.parsed_blobs, back.known_blobs, back.commits_read) == (0, 6, 0)


def test_worktrees_share_one_store(made: Made, tmp_path: Path) -> None:
    slept(made, tmp_path / "cache")
    made.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    (tmp_path / "tree/shop/extra.py").write_text("def extra(): pass\n")
    tree = Repository.open(tmp_path / "tree", cache=tmp_path / "cache")

    report = tree.sleep()

    assert tree.folder == opened(made, tmp_path / "cache").folder
    assert (report.parsed_blobs, report.known_blobs, report.commits_read) == (1, 6, 0)
    assert tree.context("the extra").files[0].path == "shop/extra.py"
    assert "shop/extra.py" not in [f["path"] for f in answer(made, tmp_path / "cache")["files"]]
    tree.refresh()


def test_the_same_content_at_two_paths_is_parsed_once_and_found_at_both(made: Made, tmp_path: Path) -> None:
    made.commit("Vendor money", {"copy/money.py": made.root.joinpath("shop/money.py").read_bytes()})

    report = slept(made, tmp_path / "cache")

    assert report.parsed_blobs == 6
    assert {"shop/money.py", "copy/money.py"} <= {f["path"] for f in answer(made, tmp_path / "cache")["files"]}


def test_the_same_content_in_two_languages_is_parsed_in_both(made: Made, tmp_path: Path) -> None:
    made.commit("Words", {"a.py": "def go(): pass\n", "a.rb": "def go(): pass\n", "a.txt": "def go(): pass\n"})

    report = slept(made, tmp_path / "cache")

    assert report.parsed_blobs == 9
    assert rows(made, tmp_path / "cache", "SELECT language FROM blob WHERE size = 15 ORDER BY 1") == [
        ("",),
        ("python",),
        ("ruby",),
    ]


def test_a_revision_and_the_work_tree_share_what_they_have_in_common(made: Made, tmp_path: Path) -> None:
    slept(made, tmp_path / "cache")

    report = slept(made, tmp_path / "cache", at="HEAD~2")

    assert (report.parsed_blobs, report.known_blobs, report.commits_read) == (2, 4, 0)


# The order in which things were learned leaves no trace


def test_an_answer_does_not_depend_on_what_was_learned_before(made: Made, tmp_path: Path) -> None:
    for revision in ("HEAD~2", "HEAD~1"):
        slept(made, tmp_path / "long", at=revision)
    made.write("shop/money.py", "def round_half_up(price):\n    return price\n")
    slept(made, tmp_path / "long")
    made.git("checkout", "-q", "--", ".")
    slept(made, tmp_path / "long")
    slept(made, tmp_path / "short")

    assert answer(made, tmp_path / "long") == answer(made, tmp_path / "short")
    assert forecast(made, tmp_path / "long") == forecast(made, tmp_path / "short")


def test_an_answer_after_a_merge_does_not_depend_on_which_side_was_learned_first(made: Made, tmp_path: Path) -> None:
    made.git("checkout", "-q", "-b", "side", "HEAD~1")
    made.commit("Prices of the side", {"shop/cart.py": "def cart_total(items):\n    return 1\n"})
    made.commit("More of the side", {"shop/side.py": "def side(price):\n    return 1\n"})
    made.git("checkout", "-q", "main")
    made.commit("Main goes on", {"shop/money.py": "def round_half_up(price):\n    return 2\n"})
    made.clock += 60
    made.git("merge", "-q", "-X", "ours", "--no-edit", "side")
    for revision in ("side", "HEAD~1"):
        slept(made, tmp_path / "side first", at=revision)
    for revision in ("HEAD~1", "side"):
        slept(made, tmp_path / "main first", at=revision)

    answers = []
    for cache in ("side first", "main first", "cold"):
        slept(made, tmp_path / cache)
        answers.append(answer(made, tmp_path / cache))

    assert answers[0] == answers[1] == answers[2]


# --at


def test_a_revision_sees_nothing_of_what_came_later(made: Made, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    early = made.git("rev-parse", "HEAD~1")
    slept(made, tmp_path / "never", at=early)
    made.commit(
        "The zanzibar_marker is fixed in cart_total",
        {"shop/zanzibar.py": "def zanzibar_marker(): pass\n", "shop/cart.py": "zanzibar_marker = 1\n"},
    )
    for _ in range(3):
        made.commit("zanzibar_marker once more", {"shop/money.py": f"zanzibar_marker = {made.clock}\n"})
    made.git("checkout", "-q", "-b", "aside", early)
    made.commit("zanzibar_marker aside", {"shop/tax.py": "zanzibar_marker()\n"})
    made.git("checkout", "-q", "main")
    slept(made, cache)
    slept(made, cache, at="aside")

    slept(made, cache, at=early)

    for task in (TASK, "zanzibar_marker in shop/zanzibar.py", f"{TASK} zanzibar_marker"):
        assert answer(made, cache, early, task) == answer(made, tmp_path / "never", early, task)
    assert forecast(made, cache, early) == forecast(made, tmp_path / "never", early)
    assert answer(made, cache, early, "zanzibar_marker")["abstained"]
    assert not answer(made, cache, None, "zanzibar_marker")["abstained"]
    assert "zanzibar" not in json.dumps(answer(made, cache, early))


def test_the_notes_of_a_revision_know_nothing_of_what_came_later(made: Made, tmp_path: Path) -> None:
    early = made.git("rev-parse", "HEAD~1")
    made.commit("zanzibar", {"shop/zanzibar.py": "from shop.money import as_text\n", "shop/money.py": "as_text = 1\n"})
    slept(made, tmp_path / "cache")
    slept(made, tmp_path / "cache", at=early)
    slept(made, tmp_path / "never", at=early)
    told = []
    for cache in ("cache", "never"):
        repository = opened(made, tmp_path / cache, early)
        notes = [repository.notes(subject) for subject in ("", "shop", "shop/money.py", "shop/money.py:round_half_up")]
        told.append([(n.subject, n.claims, n.withheld) for n in notes])
        repository.refresh()

    assert told[0] == told[1]


# Cut off


@pytest.mark.parametrize("deadline_s", [0.0, 0.05])
def test_a_sleep_that_is_cut_off_is_finished_by_the_next(
    wide: Made, wide_answer: dict[str, Any], tmp_path: Path, deadline_s: float
) -> None:
    made, cache = wide, tmp_path / "cache"

    first = slept(made, cache, deadline_s=deadline_s)
    partial = answer(made, cache, task=WIDE_TASK)
    second = slept(made, cache)

    assert not first.complete
    assert partial["freshness"]["state"] == "pending"
    assert partial["freshness"]["pending_count"] == 60 - first.parsed_blobs
    assert second.complete
    assert first.parsed_blobs + second.parsed_blobs == 60
    assert answer(made, cache, task=WIDE_TASK) == wide_answer


def test_a_cut_off_sleep_after_changes_answers_from_what_it_has(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    made.commit("Steps again", {"package_4/module_59.py": "def step_59_0(): pass\n"})
    slept(made, cache)
    for n in range(30):
        made.write(f"package_{n % 5}/module_{n}.py", f"def step_{n}_3(value):\n    return {n}\n")

    first = slept(made, cache, deadline_s=0.0)
    partial = answer(made, cache, task="step_59_0 is wrong in module_59")
    slept(made, cache)
    slept(made, tmp_path / "cold")

    assert not first.complete
    assert partial["files"][0]["path"] == "package_4/module_59.py"
    assert answer(made, cache, task=WIDE_TASK) == answer(made, tmp_path / "cold", task=WIDE_TASK)
    assert forecast_of(made, cache) == forecast_of(made, tmp_path / "cold")


def forecast_of(made: Made, cache: Path) -> list[Any]:
    repository = opened(made, cache)
    found = repository.predict([], "steps").change_points
    repository.refresh()
    return list(found)


def test_a_commit_s_files_are_its_own_though_some_of_the_work_tree_was_not_read(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    for _ in range(5):
        made.commit("The walrus dives", {"package_4/module_59.py": f"def step_59_0(): return {made.clock}\n"})
    slept(made, cache)
    for n in range(30):
        made.write(f"package_{n % 5}/module_{n}.py", f"def step_{n}_3(value):\n    return {n}\n")
    slept(made, cache, deadline_s=0.0)

    repository = opened(made, cache)
    index = repository.reader.index
    touched = {index.paths[f] for f in index.commits["files"][-5:].tolist()}
    repository.refresh()

    assert touched == {"package_4/module_59.py"}


def test_files_that_change_while_they_are_read_are_read_by_the_next_sleep(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    path = made.write("package_0/last.py", "def last_of_all(): pass\n")  # the smallest is read last
    made.commit("The last")
    content = path.read_bytes()

    first = opened(made, cache).sleep(lambda progress: path.write_bytes(b"def other(): pass\n") and None)
    path.write_bytes(content)  # as after a look at another branch
    second = slept(made, cache)
    third = slept(made, cache)

    assert (first.complete, first.failed) == (True, {"package_0/last.py": "it changed while it was read"})
    assert (second.parsed_blobs, second.failed) == (1, {})
    assert third.parsed_blobs == 0
    assert answer(made, cache, task="last_of_all")["files"][0]["path"] == "package_0/last.py"


def test_a_file_that_is_saved_while_it_is_read_stays_known_as_it_was(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    path = made.write("package_0/last.py", "def last_of_all(): pass\n")  # the smallest is read last
    made.commit("The last")
    slept(made, cache)
    for n in range(60):
        made.write(f"package_{n % 5}/module_{n}.py", f"def step_{n}_3(value):\n    return {n}\n" * 40)
    path.write_bytes(b"def other(): pass\n")

    first = opened(made, cache).sleep(lambda progress: path.write_bytes(b"def one_more(): pass\n") and None)
    meanwhile = opened(made, cache)

    assert first.failed == {"package_0/last.py": "it changed while it was read"}
    assert "package_0/last.py" in meanwhile.reader.index.paths
    assert meanwhile.reader.freshness.pending == ("package_0/last.py",)
    assert meanwhile.predict(["package_0/last.py"]).given == ("package_0/last.py",)
    assert slept(made, cache).parsed_blobs == 1
    assert opened(made, cache).reader.freshness.state == "fresh"


def sleeping(made: Made, cache: Path) -> subprocess.Popen[str]:
    """A sleep in a process of its own, which prints each stage as it comes and at last its report."""
    code = (
        "import json, sys; from pathlib import Path; from noctule.indexer.serve.repository import Repository\n"
        "seen = set()\n"
        "def say(p):\n"
        "    if p.stage not in seen: seen.add(p.stage); print(p.stage.split(' of ')[0], flush=True)\n"
        "report = Repository.open(Path(sys.argv[1]), cache=Path(sys.argv[2])).sleep(say)\n"
        "print(json.dumps(report.to_json()))\n"
    )
    command = [sys.executable, "-P", "-c", code, str(made.root), str(cache)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    return dict(json.loads(out.splitlines()[-1]))


def children_of(process: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.parametrize("stage", ["reading", "indexing"])
def test_a_sleep_that_is_killed_is_finished_by_the_next(
    wide: Made, wide_answer: dict[str, Any], tmp_path: Path, stage: str
) -> None:
    made, cache = wide, tmp_path / "cache"
    with sleeping(made, cache) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == stage:
                break
        process.kill()

    after = slept(made, cache)

    assert after.complete
    assert after.parsed_blobs + after.known_blobs == 60
    assert answer(made, cache, task=WIDE_TASK) == wide_answer
    assert rows(made, cache, "PRAGMA integrity_check") == [("ok",)]


def test_what_a_killed_sleep_had_committed_is_searched_after_the_next(
    wide: Made, wide_answer: dict[str, Any], pristine_wide: Made, learned_wide: Path, tmp_path: Path
) -> None:
    made, cache = wide, tmp_path / "cache"
    code = (
        "import os, signal, sys; from pathlib import Path; from noctule.indexer.learn import ingest\n"
        "from noctule.indexer.serve.repository import Repository\n"
        "ingest.COMMIT_EVERY_S = 0.0\n"
        "def say(p):\n"
        "    if p.stage == 'reading' and p.done == 40: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Repository.open(Path(sys.argv[1]), cache=Path(sys.argv[2])).sleep(say)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(made.root), str(cache)], check=False)
    pending = rows(made, cache, "SELECT count(*) FROM pending")

    after = slept(made, cache)

    assert pending[0][0] > 0
    assert 0 < after.known_blobs < 60 == after.known_blobs + after.parsed_blobs
    assert rows(made, cache, "SELECT count(*) FROM pending") == [(0,)]
    assert answer(made, cache, task=WIDE_TASK) == wide_answer
    for name in ("step_17_3", "scale_3"):
        found, expected = (
            len(Store(opened(of, kept).folder, read_only=True).find_uses(name))
            for of, kept in ((made, cache), (pristine_wide, learned_wide))
        )
        assert found == expected


def test_two_sleeps_at_once_do_the_work_once(wide: Made, wide_answer: dict[str, Any], tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"

    both = [sleeping(made, cache) for _ in range(2)]
    reports = sorted((report_of(process) for process in both), key=lambda r: int(r["parsed_blobs"]))

    assert [(r["parsed_blobs"], r["complete"]) for r in reports] == [(0, True), (60, True)]
    assert answer(made, cache, task=WIDE_TASK) == wide_answer


def test_a_sleep_that_waits_for_another_says_for_which_and_gives_up_in_time(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    with sleeping(made, cache) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "reading"
        os.kill(other.pid, signal.SIGSTOP)
        stages: list[str] = []
        report = opened(made, cache).sleep(lambda p: stages.append(p.stage), deadline_s=0.1)
        other.kill()

    assert not report.complete
    assert set(stages) == {f"waiting for the sleep of process {other.pid}"}


@pytest.mark.true_start  # it finds the parsers by their command lines
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs to know the children of a process")
def test_a_parser_that_is_killed_midway_costs_only_the_symbols_of_a_file(wide: Made, tmp_path: Path) -> None:
    made, cache = wide, tmp_path / "cache"
    with sleeping(made, cache) as process:
        parsers: list[int] = []
        while process.poll() is None and not parsers:
            parsers = [c for c in children_of(process.pid) if "noctule.indexer.parse.pool" in command_of(c)]
        for parser in parsers:
            os.kill(parser, signal.SIGKILL)
        report = report_of(process)

    assert (report["complete"], report["parsed_blobs"]) == (True, 60)
    assert len(report["failed"]) <= len(parsers)
    status = opened(made, cache).status()
    assert status.failed == report["failed"]
    assert set(status.failed.values()) <= {"the parser failed; the file is searched as plain text"}


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def test_segments_are_joined_when_nobody_waits_or_at_the_latest_when_they_are_twice_as_many(tmp_path: Path) -> None:
    repo = Made(tmp_path / "busy")
    repo.commit("Begin", {"steady.py": "def steady(value):\n    return value\n"})
    learned = Repository.open(repo.root, cache=tmp_path / "cache")
    counts = []
    for number in range(2 * MOST_SEGMENTS + 2):
        repo.write(f"part_{number}.py", f"def compute_{number}(value):\n    return steady(value) + {number}\n")
        learned.sleep(pace=Pace(fold=False))
        store = Store(learned.folder)
        join_segments(store, lambda: True)
        counts.append(len(store.segments()))
        store.close()

    assert max(counts) == 2 * MOST_SEGMENTS
    assert counts[-1] < MOST_SEGMENTS
    assert "part_7.py" in learned.context("compute_7 returns a value that is not steady").text


def test_many_small_sleeps_leave_few_segments_and_the_same_answers(tmp_path: Path) -> None:
    repo = Made(tmp_path / "busy")
    repo.commit("Begin", {"steady.py": "def steady(value):\n    return value\n"})
    learned = Repository.open(repo.root, cache=tmp_path / "step by step")
    for number in range(2 * MOST_SEGMENTS + 3):
        repo.write(f"part_{number}.py", f"def compute_{number}(value):\n    return steady(value) + {number}\n")
        learned.sleep()
    cold = Repository.open(repo.root, cache=tmp_path / "cold")
    cold.sleep()
    store = Store(learned.folder, read_only=True)

    assert len(store.segments()) <= MOST_SEGMENTS + 1
    assert len(store.find_uses("steady")) == 2 * MOST_SEGMENTS + 3
    asked = "compute_7 returns a value that is not steady"
    assert learned.context(asked).text == cold.context(asked).text
