"""`noctule review` and `noctule tests` as people and programs call them; how a review is written is tested apart."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import Noctule
from tests.repositories import Repository as Made


def test_a_change_is_reviewed_and_its_tests_are_run(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    source = "def area(width, height):\n    return width * height\n"
    user = "from area import area\n\n\ndef twice(x):\n    return 2 * area(x, x)\n"
    test = "from area import area\n\n\ndef test_area():\n    assert area(1, 1) == 1\n"
    made.commit("Start", {"area.py": source, "twice.py": user, "test_area.py": test})
    made.commit("A reader", {"README.md": "Areas.\n"})
    root = str(made.root)
    assert "Nothing differs between" in noctule.ok("review", root).out
    made.write("area.py", source.replace("height)", "height, depth)"))

    said = noctule("review", root, "--fail-on", "note")
    committed = noctule("review", root, "HEAD~1..HEAD", "--fail-on", "note", "--json")
    ids = noctule.ok("tests", root, "--ids").out
    ran = noctule("tests", root, "--run", "sh -c 'echo ran $1; exit 7' sh")
    absent = noctule("tests", root, "--run", "no-such-runner -q")

    assert said.code == 4
    assert "twice.py:5\n    twice uses area, whose signature this change edits\n" in said.out
    assert "Forgotten files: none is named, since there is no past change to try such hints on." in said.out
    assert committed.code == 0
    assert json.loads(committed.out)["files"] == ["README.md"]
    assert ids == "test_area.py::test_area\n"
    assert (ran.code, ran.out) == (7, "ran test_area.py\n")
    assert (absent.code, absent.complaint) == (1, "noctule: cannot run no-such-runner -q: No such file or directory")


def test_a_test_that_only_changed_along_is_named_with_its_commits(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    for n in range(5):
        made.commit(f"Limit {n}", {"limits.txt": f"{n}\n", "tests/test_area.py": f"def test_area():\n    assert {n}\n"})
    made.write("limits.txt", "7\n")

    said = noctule.ok("review", str(made.root)).out

    assert "  tests/test_area.py\n    changed in 5 of the last 5 commits to limits.txt\n" in said


def test_what_has_no_change_is_refused_before_anything_is_indexed(noctule: Noctule, tmp_path: Path) -> None:
    plain, made = tmp_path / "plain", Made(tmp_path / "new")
    plain.mkdir()
    bare, full = tmp_path / "bare.git", Made(tmp_path / "full")
    full.commit("Start", {"area.py": "def area():\n    return 1\n"})
    full.git("clone", "-q", "--bare", ".", str(bare))

    refused = [noctule("review", str(path)) for path in (plain, made.root, bare)]
    both = noctule("tests", "--staged", "main")

    assert [said.code for said in (*refused, both)] == [2] * 4
    assert refused[0].err.endswith("is not a git repository, so it has no changes to review; run it in a repository\n")
    assert refused[1].err.endswith("has no commit yet, so there is no change to review; make a commit first\n")
    assert refused[2].err.endswith(
        "is a bare repository, so all of it is committed; name a change, such as HEAD~1..HEAD\n"
    )
    assert both.err == "noctule: main has no effect with --staged or --worktree; leave one of them out\n"
    assert not any("Indexing" in said.err for said in refused)


def test_a_value_that_an_option_does_not_know_is_named_with_the_option(noctule: Noctule) -> None:
    said = noctule("review", "--fail-on", "error")

    assert said.err.startswith("noctule: unknown value of --fail-on 'error'; choose from note, warning;")


def test_what_a_sparse_checkout_leaves_out_is_not_removed(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    files = {
        "app/area.py": "def area(width):\n    return width\n",
        "lib/deep/twice.py": "def twice(x):\n    return 2 * x\n",
        "app/user.py": "from lib.deep.twice import twice\n\n\ndef four(x):\n    return twice(twice(x))\n",
        "tests/test_area.py": "from app.area import area\n\n\ndef test_area():\n    assert area(1) == 1\n",
        "README.md": "Areas.\n",
    }
    made.commit("Start", dict(files))
    made.git("sparse-checkout", "set", "app")
    root = str(made.root)
    assert not (made.root / "lib").exists()

    clean, tests = noctule.ok("review", root), noctule.ok("tests", root)
    made.write("app/area.py", "def area(width):\n    return width + 0\n")
    edited = json.loads(noctule.ok("review", root, "--json").out)
    (made.root / "app/user.py").unlink()
    removed = json.loads(noctule.ok("review", root, "--json").out)

    assert "Nothing differs between" in clean.out
    assert tests.out == ""
    assert (edited["files"], edited["findings"]) == (["app/area.py"], [])
    assert removed["files"] == ["app/area.py", "app/user.py"]


def test_a_file_that_became_too_large_or_a_link_is_not_removed(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    source = "def area(width):\n    return width\n"
    user = "from area import area\n\n\ndef twice(x):\n    return 2 * area(x)\n"
    made.commit("Start", {"area.py": source, "twice.py": user})
    noctule.ok("sleep", str(made.root))
    made.write("area.py", source + "# more\n" * 1_000_000)

    said = json.loads(noctule.ok("review", str(made.root), "--json").out)

    assert (said["files"], said["findings"]) == (["area.py"], [])


def test_a_removal_is_told_where_its_name_can_mean_nothing_else(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    kept = "object Kept {\n    fun other() = 1\n}\n"
    files = {
        "kt/Streams.kt": "class Streams {\n    fun writeText(a: Int) = a\n    fun appendAll() = 1\n}\n\n"
        "fun closeAllStreams() = 2\n",
        "kt/User.kt": "import java.io.File\n\nclass User {\n    fun run(file: File, appendAll: Boolean) {\n"
        '        file.writeText("x")\n        make(appendAll = appendAll)\n        closeAllStreams()\n    }\n}\n',
        "kt/Kept.kt": kept,
        "py/prices.py": "def discount(total):\n    return total\n\n\ndef surcharge(total):\n    return total\n",
        "py/bill.py": "from py.prices import discount\n\n\ndef bill(total):\n    return discount(total)\n",
        "py/local.py": "def local(surcharge):\n    return surcharge + 1\n",
        "py/other.py": "from elsewhere import surcharge\n\n\ndef other():\n    return surcharge(1)\n",
        "py/module.py": "from py import prices\n\n\ndef module(box):\n"
        "    return prices.surcharge(1)\n\n\ndef unknown(box):\n    return box.surcharge(1)\n",
    }
    made.commit("Start", dict(files))
    noctule.ok("sleep", str(made.root))
    made.git("rm", "-q", "kt/Streams.kt", "py/prices.py")
    before = json.loads(noctule.ok("review", str(made.root), "--json").out)["findings"]
    made.commit("Removed", {"py/done.py": "x = 1\n"})
    noctule.ok("sleep", str(made.root))
    after = json.loads(noctule.ok("review", str(made.root), "HEAD~1..HEAD", "--json").out)["findings"]

    where = {("kt/User.kt", 7), *(("py/bill.py", n) for n in (1, 5)), *(("py/module.py", n) for n in (1, 5))}
    assert {(each["path"], each["line"]) for each in before if each["kind"] == "removed"} == where
    assert {(each["path"], each["line"]) for each in after if each["kind"] == "removed"} == where


def test_what_is_no_test_is_not_given_to_a_runner(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    files = {
        "lib/shop/price.js": "export function price(a) {\n  return a;\n}\n",
        "test/app.js": 'import { price } from "../lib/shop/price.js";\n\ndescribe("it", () => {\n  price(1);\n});\n',
        "test/server.js": 'import { price } from "../lib/shop/price.js";\n\nprice(2);\n',
        "test/build.gradle.kts": 'plugins {\n    kotlin("jvm")\n}\n\ntasks.test { useJUnit() }\n',
        "test/jest.config.js": 'import { price } from "../lib/shop/price.js";\n\nexport default test(price(1));\n',
        "lib/shop/adapters/test/conn.ex": "defmodule Shop.Test.Conn do\n  def conn(a), do: assert_it(a)\nend\n",
    }
    made.commit("Start", dict(files))
    noctule.ok("sleep", str(made.root))
    for path, text in files.items():
        made.write(
            path, text.replace("return a", "return a + 1").replace("price(", "price(0 + ").replace("a), do", "b), do")
        )
    made.write("test/build.gradle.kts", files["test/build.gradle.kts"].replace("useJUnit", "useJUnitPlatform"))

    assert noctule.ok("tests", str(made.root)).out.split() == ["test/app.js"]


def test_changed_files_that_are_not_read_are_counted(noctule: Noctule, tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    made.commit("Start", {"area.py": "def area():\n    return 1\n", "logo.png": b"\x89PNG one", "same.png": b"\x89PNG"})
    root = str(made.root)
    clean = noctule.ok("review", root).out
    made.write("logo.png", b"\x89PNG two, and longer")
    (made.root / "same.png").touch()

    only = noctule.ok("review", root).out
    made.commit("Both", {"area.py": "def area():\n    return 2\n"})
    both = noctule.ok("review", root, "HEAD~1..HEAD").out
    listed = json.loads(noctule.ok("review", root, "HEAD~1..HEAD", "--json").out)

    assert "Nothing differs between" in clean
    assert only.startswith("Only 1 file that noctule does not read changed from ")
    assert both.startswith("1 file, 1 definition, and 1 file that noctule does not read, changed from ")
    assert (listed["files"], listed["unread"]) == (["area.py"], ["logo.png"])
