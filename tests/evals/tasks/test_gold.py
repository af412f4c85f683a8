from __future__ import annotations

from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.gold import Gold, GoldSymbol, make_gold, names_any
from tests.evals.conftest import BASKET, Shop

SOURCE = b"""\
import os

LIMIT = 3


class Outer:
    size = 1

    def first(self):
        return 1

    def second(self):
        def inner():
            return 2

        return inner()


def last():
    return 3
"""


def gold(hunk: str, **settings: object) -> Gold:
    text = f"--- a/m.py\n+++ b/m.py\n{hunk}"
    return make_gold(patches.read(text), None, None, {"m.py": SOURCE}.get, **settings)  # type: ignore[arg-type]


def symbols(hunk: str) -> list[str]:
    return [s.symbol for s in gold(hunk).symbols]


def test_a_changed_line_belongs_to_the_function_around_it_or_else_to_the_innermost_type() -> None:
    assert symbols("@@ -14 +14 @@\n-x\n+y\n") == ["Outer.second"]
    assert symbols("@@ -16 +16 @@\n-x\n+y\n") == ["Outer.second"]
    assert symbols("@@ -7 +7 @@\n-x\n+y\n") == ["Outer"]
    assert symbols("@@ -3 +3 @@\n-x\n+y\n") == []


def test_text_inserted_between_two_functions_belongs_to_what_holds_both() -> None:
    assert symbols("@@ -11,0 +12 @@\n+    def third(self): pass\n") == ["Outer"]
    assert symbols("@@ -17,0 +18 @@\n+def third(): pass\n") == []


def test_gold_functions_come_with_their_kind_and_lines() -> None:
    found = gold("@@ -10 +10 @@\n-x\n+y\n")

    assert found == Gold(
        ("m.py",), (), (GoldSymbol("m.py", "Outer.first", "method", 9, 10),), {"m.py": (10,)}, (), False
    )
    assert Gold.of_json(found.to_json()) == found


def test_names_that_a_task_gives_take_the_place_of_the_patch_and_unknown_ones_are_said() -> None:
    patch = patches.read("--- a/m.py\n+++ b/m.py\n@@ -10 +10 @@\n-x\n+y\n")

    found = make_gold(patch, ["m.py"], ["m.py:last", "m.py:nowhere"], {"m.py": SOURCE}.get)

    assert [s.symbol for s in found.symbols] == ["last"]
    assert found.missing == ("m.py:nowhere",)


def test_created_files_are_kept_apart_and_absent_ones_are_said() -> None:
    text = (
        "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+a\n"
        "--- a/m.py\n+++ b/m.py\n@@ -10 +10 @@\n-x\n+y\n--- a/gone.py\n+++ b/gone.py\n@@ -1 +1 @@\n-x\n+y\n"
    )

    found = make_gold(patches.read(text), None, None, {"m.py": SOURCE}.get)

    assert (found.files, found.created, found.missing) == (("m.py",), ("new.py",), ("gone.py",))


def test_tests_and_docs_are_no_gold_unless_there_is_nothing_else() -> None:
    hunk = "@@ -1 +1 @@\n-x\n+y\n"
    files = {"m.py": SOURCE, "tests/test_m.py": b"x\n", "docs/m.md": b"x\n"}
    text = "".join(f"--- a/{path}\n+++ b/{path}\n{hunk}" for path in files)
    docs_only = f"--- a/docs/m.md\n+++ b/docs/m.md\n{hunk}"

    assert make_gold(patches.read(text), None, None, files.get).files == ("m.py",)
    assert make_gold(patches.read(docs_only), None, None, files.get).files == ("docs/m.md",)


def test_a_text_names_a_file_by_its_name_or_as_a_module_of_its_package() -> None:
    files = ["src/flask/cli.py"]

    assert names_any("see flask/CLI.py for more", files)
    assert names_any("import flask.cli fails", files)
    assert not names_any("the cli of flask", files)
    assert not names_any("see mycli.py", files)
    assert names_any("import flask.sansio", ["src/flask/sansio/__init__.py"])


def test_the_gold_of_a_real_commit_is_what_it_changed(shop: Shop) -> None:
    patch = patches.read(shop.patch(shop.base, shop.fix))

    found = make_gold(patch, None, None, lambda path: shop.git_bytes("show", f"{shop.base}:{path}"))

    assert found.files == ("shop/price.py",)
    assert [s.symbol for s in found.functions] == ["discounted"]
    assert BASKET.count("\n") > max(found.lines["shop/price.py"])
