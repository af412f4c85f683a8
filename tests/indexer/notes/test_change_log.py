"""The change log that the latest changes were listed in is named, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.notes.change_log import find_newest_section
from noctule.indexer.serve.repository import Repository
from noctule.indexer.symbols import Span
from tests.repositories import Repository as Made

TASK = "Cart: removeItem also removes items whose name begins alike\n\nRemoving `pear` takes `pearl` out of the cart."
LOG = "# Changes\n\n## 2.1 (unreleased)\n\n- Removes pears\n\n## 2.0\n\n- All that came before\n"


def grow(made: Made, changes: int, logs: dict[str, str], listed: int, package: str = "") -> None:
    """Commit changes of source and a test, of which some touch a log too; `{n}` in its path makes it a new file."""
    for n in range(changes):
        files: dict[str, str | bytes] = {
            f"{package}lib/cart.js": f"export class Cart {{\n  removeItem(name) {{\n    return {n}\n  }}\n}}\n",
            f"{package}test/cart.test.js": f"it('removes {n}', () => {{\n  expect({n}).toBe(1)\n}})\n",
        }
        if n < listed:
            files |= {path.replace("{n}", str(n)): f"{text}{n}\n" for path, text in logs.items()}
        made.commit(f"Change {n} of the cart", files)


def ask(made: Made, cache: Path) -> list[str]:
    """Return the lines of a pack that name a change log."""
    repository = Repository.open(made.root, cache=cache)
    repository.sleep()
    return [line for line in repository.context(TASK).text.split("\n") if line.startswith("- change log: ")]


@pytest.mark.parametrize(
    ("logs", "listed", "expected"),
    [
        (
            {"CHANGES.md": LOG},
            8,
            ["- change log: CHANGES.md:3-6 (8 of the last 10 commits of source with tests touched it)"],
        ),
        ({"CHANGES.md": LOG}, 4, []),
        (
            {"news/{n}.bugfix.md": "Pears "},
            6,
            [
                "- change log: a new file in news/, such as news/5.bugfix.md "
                "(6 of the last 10 commits of source with tests touched it)"
            ],
        ),
    ],
)
def test_the_log_is_named_that_most_changes_touched(
    tmp_path: Path, logs: dict[str, str], listed: int, expected: list[str]
) -> None:
    made = Made(tmp_path / "shop")
    grow(made, 10, logs, listed)

    assert ask(made, tmp_path / "cache") == expected


def test_a_package_has_a_log_of_its_own(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    grow(made, 10, {"cart/CHANGELOG.md": LOG}, 10, "cart/")
    for n in range(20):
        made.commit(f"Other change {n}", {"till/lib/till.js": f"let a = {n}\n", "till/test/till.test.js": f"f({n})\n"})

    (line,) = ask(made, tmp_path / "cache")

    assert line.startswith("- change log: cart/CHANGELOG.md:3-6 (10 of the last 10 ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Version 3.2.0\n-------------\n\nUnreleased\n\n-   Fixes\n\nVersion 3.1\n-----------\n", Span(0, 7)),
        ("Changes\n=======\n\nUnreleased\n----------\n\n- Fixes in 3.1\n", Span(3, 8)),
        ("All changes are listed at example.org\n", None),
    ],
)
def test_the_newest_section_is_found(text: str, expected: Span | None) -> None:
    assert find_newest_section(text.split("\n")) == expected
