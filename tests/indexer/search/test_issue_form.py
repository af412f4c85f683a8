from __future__ import annotations

import pytest

from noctule.indexer.search.issue_form import without_form
from noctule.indexer.search.query import read

FORM = """Total is wrong for empty carts

### Describe the bug

`Cart.total` returns a negative number.

**To Reproduce**

Call `add_row` twice.

**Expected behavior**

Zero.

- [x] I have searched the existing issues for duplicates
- [ ] I would like to send a patch

## Rounding of taxes

`round_half` drops a cent.

### Environment

- OS: Debian 12
- Python version: 3.11.2
- numpy : 1.26.0
some_machine with a fast_disk

### Additional context

The trace ends in `as_cents`.
"""


def test_what_a_form_says_by_itself_is_not_part_of_a_task() -> None:
    task = read(FORM)

    assert {"Cart", "total", "add_row", "round_half", "as_cents"} <= task.names.keys()
    words = set(task.terms["prose"])
    assert {"negativ", "zero", "cent", "round", "tax"} <= words
    assert not words & {"describ", "bug", "reproduc", "behavior", "expect", "environm", "debian", "numpy", "context"}
    assert not words & {"search", "duplicat", "patch", "machin", "disk"}
    assert "some_machine" not in task.names


@pytest.mark.parametrize(
    "line",
    [
        "## The expected tax is dropped by the cart",
        "Steps of the `Wizard` are skipped",
        "the version 2.1 of `Cart` fails",
        'File "shop/cart.py", line 12, in total',
        "x = 1.5",
        "rate = 0.25",
    ],
)
def test_what_people_write_is_kept(line: str) -> None:
    assert without_form(f"Title\n\n{line}\n") == f"Title\n\n{line}\n"


def test_a_place_in_code_below_environment_is_kept() -> None:
    text = "Title\n\n## Environment\n\nfails in shop/cart.py with Cart.total()\n"

    assert "shop/cart.py" in read(text).paths


def test_a_title_that_reads_like_a_heading_is_the_title() -> None:
    assert read("## Environment\n\nx").terms["title"]
