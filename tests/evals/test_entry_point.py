"""`noctule eval` as users call it: the real command, found through its entry point."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.e2e.conftest import Noctule, noctule
from tests.evals.conftest import Shop

__all__ = ["noctule"]  # the fixture

pytestmark = pytest.mark.skipif(
    not entry_points(group="noctule.commands", name="eval"), reason="the installed metadata has no entry point yet"
)


def test_a_user_measures_a_repository_and_reads_the_report(noctule: Noctule, shop: Shop, tmp_path: Path) -> None:
    ran = noctule.ok("eval", "history", shop.root, "--last", "3", "--out", tmp_path / "run")
    again = noctule.ok("eval", "history", shop.root, "--last", "3", "--out", tmp_path / "run")
    report = noctule.ok("eval", "report", tmp_path / "run")

    assert "3 tasks of 1 repository" in ran.out
    assert again.out == ran.out
    assert "54 answers are in" in again.err
    assert "Written: " in report.out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["eval"], 2, "the following arguments are required: SUBCOMMAND"),
        (["eval", "swebench", "absent.jsonl", "--clones", "."], 2, "cannot read absent.jsonl"),
        (["eval", "history", "absent"], 2, "no such directory: absent"),
        (["eval", "report", "."], 1, "is not a run"),
        (["eval", "history", "--solver", "magic"], 2, "unknown solver 'magic'"),
    ],
)
def test_wrong_use_is_one_line_and_an_exit_code(noctule: Noctule, args: list[str], code: int, said: str) -> None:
    ran = noctule(*args)

    assert ran.code == code
    assert said in ran.complaint
