"""Files that have changed since they were learned: no answer names what is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

STONE = "class Stone:\n    def turn_stone(self, grain):\n        return grain * 2\n\n\nclass Sieve:\n    pass\n"
SIEVE = "class Stone:\n    pass\n\n\nclass Sieve:\n    def turn_stone(self, grain):\n        return grain * 2\n"
FLOUR = "from mill.grind import weigh_flour\n\n\n"
PYTHON = {
    "mill/__init__.py": "",
    "mill/grind.py": f"{STONE}\n\ndef weigh_flour(sack):\n    return sack\n",
    "mill/day.py": "from mill.grind import Stone, weigh_flour\n\n\ndef plan_day(grain):\n"
    "    return weigh_flour(Stone().turn_stone(grain))\n",
    "mill/shop/till.py": f"{FLOUR}def ring_up(sack):\n    return weigh_flour(sack)\n",
    "tests/test_grind.py": f"{FLOUR}def test_flour_is_weighed():\n    assert weigh_flour(1) == 1\n",
}
GO = {
    "go.mod": "module mill\n",
    "grind/grind.go": "package grind\n\n// WeighFlour weighs.\nfunc WeighFlour(n int) int {\n\treturn n\n}\n",
    "day/day.go": 'package day\n\nimport "mill/grind"\n\nfunc PlanDay(n int) int {\n\treturn grind.WeighFlour(n)\n}\n',
}
TASK = "weigh_flour WeighFlour turn_stone Stone is wrong, ring_up, mill/grind.py mill/shop/till.py day/day.go"


def _replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return edit


def _wrap(path: str, before: str, after: str) -> Callable[[Path], None]:
    return lambda root: _write(root / path, before + (root / path).read_text() + after)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _comment_out(root: Path) -> None:
    head, _, rest = (root / "day/day.go").read_text().partition("\n\n")
    _write(root / "day/day.go", f"{head}\n\n/*\n{rest}*/\n")


EDITS: dict[str, tuple[dict[str, str], Callable[[Path], None], tuple[str, ...]]] = {
    "a caller is renamed": (PYTHON, _replace("mill/day.py", "plan_day", "plan_week"), ("plan_day",)),
    "a test is renamed": (PYTHON, _replace("tests/test_grind.py", "test_flour", "test_sack"), ("test_flour",)),
    "a class is renamed": (PYTHON, _replace("mill/grind.py", "class Stone:", "class Roller:"), ("Stone.turn_stone",)),
    "a method moves to another class": (PYTHON, _replace("mill/grind.py", STONE, SIEVE), ("Stone.turn_stone",)),
    "a caller is put into a string": (PYTHON, _wrap("mill/day.py", '"""\n', '"""\n'), ("plan_day",)),
    "a file is put into a string": (PYTHON, _wrap("mill/grind.py", '"""\n', '"""\n'), ("Stone.turn_stone",)),
    "a folder goes": (PYTHON, lambda root: (root / "mill/shop/till.py").unlink(), ("mill/shop", "ring_up")),
    "a caller has another name in Go": (GO, _replace("day/day.go", "func PlanDay", "func Old"), ("PlanDay",)),
    "a file is put into a comment": (GO, _comment_out, ("PlanDay",)),
}


def _say_everything(repository: Repository, paths: list[str]) -> str:
    """Return all that answers say: of files, of folders, of symbols, of the repository, and for a task."""
    said = []
    subjects = ["", *paths, *{path.rpartition("/")[0] for path in paths} - {""}]
    subjects += [f"{path}:{name}" for path in paths for name in ("weigh_flour", "WeighFlour", "turn_stone", "Stone")]
    for subject in subjects:
        try:
            said += [claim.text for claim in repository.notes(subject).claims]
        except UnknownSubject:
            continue
    pack = repository.context(TASK)
    said += [f"{s.kind} {s.symbol}" for s in pack.symbols]
    said += [claim.text for claim in pack.claims]
    said += [line for line in pack.text.splitlines() if line.startswith("==")]
    said += [reason.detail for file in pack.files for reason in file.reasons]
    said += [str(point.symbol) for point in repository.predict().change_points]
    return "\n".join(said)


@pytest.mark.parametrize("edit", EDITS)
def test_no_answer_names_what_is_gone(edit: str, tmp_path: Path) -> None:
    files, change, gone = EDITS[edit]
    made = Made(tmp_path / "mill")
    made.commit("Mill", files)
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        before = _say_everything(repository, list(files))
        change(made.root)
        repository.refresh()
        after = _say_everything(repository, list(files))

    assert [name for name in gone if name in before] != []
    assert [name for name in gone if name in after] == [], after


def test_a_symbol_that_is_gone_has_no_notes(tmp_path: Path) -> None:
    made = Made(tmp_path / "mill")
    made.commit("Mill", PYTHON)
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        made.write("mill/grind.py", "def grind():\n    return 1\n")
        repository.refresh()

        with pytest.raises(UnknownSubject, match=r"weigh_flour is no longer in mill/grind\.py"):
            repository.notes("mill/grind.py:weigh_flour")
