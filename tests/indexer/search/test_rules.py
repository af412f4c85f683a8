"""What no weight may overrule, on real answers."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.indexer.search import rules
from noctule.indexer.search.own_names import own_names
from noctule.indexer.search.query import read
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FORM = "Describe the bug: a cart total is wrong\n\nSteps to reproduce the wrong total of the cart\n" * 5


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("rules")
    made = Made(folder / "shop")
    files: dict[str, str | bytes] = {
        ".github/ISSUE_TEMPLATE/bug_report.md": FORM,
        ".github/pull_request_template.md": FORM,
        "src/shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n",
        "src/shop/app.py": "class Shop:\n    def run(self):\n        return 0\n",
        "src/shop/util/quiet.py": "QUIET = 1\n",
        "README.md": "# Shop\n",
        "CHANGES.rst": "Version 2\n=========\n",
        "Makefile": "all:\n\ttrue\n",
        ".github/workflows/tests.yml": "on: push\n",
        "examples/mini/pyproject.toml": "[project]\n",
        "pyproject.toml": "[project]\nname = 'shop'\n",
    }
    tests = "".join(f"def test_part_{n}():\n    assert total_of_cart_{n}(None) == {n}\n\n\n" for n in range(20))
    files["tests/test_all.py"] = tests + "def test_last_one():\n    assert QUIET\n"
    files |= {f"src/shop/part{n}.py": f"def total_of_cart_{n}(cart):\n    return cart.total + {n}\n" for n in range(12)}
    made.commit("A shop", files)
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    return repository


def ranked(repository: Repository, task: str) -> list[str]:
    return [file.path for file in repository.context(task).files]


def test_a_form_for_issues_is_no_answer(repository: Repository) -> None:
    found = ranked(repository, "Describe the bug: the cart total is wrong\n\nSteps to reproduce: total of the cart")

    assert found
    assert not [path for path in found if path.startswith(".github")]


def test_a_form_that_is_named_is_an_answer(repository: Repository) -> None:
    named = ".github/ISSUE_TEMPLATE/bug_report.md"

    assert named in ranked(repository, f"A question is missing in {named}")[:3]


@pytest.mark.parametrize("task", ["test_last_one", "`test_last_one`", "test_last_one()"])
def test_who_defines_the_name_that_is_the_whole_task_is_first(repository: Repository, task: str) -> None:
    index = repository.reader.index
    file = index.paths.index("tests/test_all.py")
    scores = np.arange(len(index.paths), 0, -1).astype(np.float32)
    scores[file] = -5.0  # as the last test of a long file has in a large repository

    assert rules.apply(scores, index, read(task), (), {file: ["test_last_one"]})

    assert int(np.argmax(scores)) == file
    assert "test_last_one" in repository.context(task).text


@pytest.mark.parametrize(
    "how",
    [
        "look at src/shop/util/quiet.py",
        "请看src/shop/util/quiet.py里",
        "https://github.com/a/shop/blob/main/src/shop/util/quiet.py#L1",
    ],
)
def test_a_path_that_is_named_in_full_is_among_the_first_three(repository: Repository, how: str) -> None:
    task = f"The cart total is wrong\n\nThe total_of_cart_1 and Cart.total of part1.py are wrong, {how}"

    assert "src/shop/util/quiet.py" in ranked(repository, task)[:3]


def test_the_project_s_own_name_is_no_signal(repository: Repository) -> None:
    assert ranked(repository, "Shop: total_of_cart_3 is wrong")[0] == "src/shop/part3.py"
    assert ranked(repository, "Shop.run returns nothing")[0] == "src/shop/app.py"


def test_the_folders_of_most_source_files_are_the_project_s_own_names() -> None:
    paths = ["src/shop/a.py", "src/shop/b.py", "src/shop/tax/c.py", "src/shop/tax/d.py", "tools/e.py"]

    assert own_names(paths) == {"src", "shop"}
    assert own_names(paths[:3]) == frozenset()


@pytest.mark.parametrize(
    ("task", "meant"),
    [
        ("fix the typo in README", "README.md"),
        ("update the changelog", "CHANGES.rst"),
        ("the makefile has no clean target", "Makefile"),
        ("CI fails", ".github/workflows/tests.yml"),
        ("bump version", "pyproject.toml"),
        ("pyproject.toml", "pyproject.toml"),
    ],
)
def test_a_short_task_finds_the_file_that_everybody_calls_so(repository: Repository, task: str, meant: str) -> None:
    pack = repository.context(task)

    assert not pack.abstained
    assert pack.files[0].path == meant
    assert f"`{meant}`" in pack.text.splitlines()[0]


def test_a_long_task_that_mentions_the_readme_is_about_something_else(repository: Repository) -> None:
    found = ranked(repository, "The total of the cart in part3 is not what the README promises for two equal items")

    assert found[0] != "README.md"
