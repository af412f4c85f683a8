"""What others see of a name is as it was where its types are, however its words and lines changed."""

from __future__ import annotations

import pytest

from noctule.indexer.resolve.meanings import MeaningChanges
from noctule.indexer.resolve.program import Program
from tests.indexer.resolve.repository import Repository

SHIP = "class Ship:\n    def sail(self): ...\n\n\nclass Boat:\n    def sail(self): ...\n\n\ndef repair(ship): ...\n"
MAKE = """from ship import Boat, Ship, repair

LENGTH = 3


def make():
    made = Ship()
    repair(made)
    return made


class Yard:
    def build(self, size=1):
        return make()


def dock():
    return Yard()
"""
FIRST = "import os\n\n\ndef first():\n    return os\n\n\n"


def program_of(text: str) -> Program:
    return Repository({"make.py": text, "ship.py": SHIP}).program


@pytest.mark.parametrize(
    ("now", "word", "differs"),
    [
        (FIRST + MAKE, "build", False),
        (MAKE.replace("LENGTH = 3", "LENGTH = 4"), "LENGTH", False),
        (
            MAKE.replace("    repair(made)\n", "    made = Ship()\n    for _ in range(3):\n        repair(made)\n"),
            "make",
            False,
        ),
        (MAKE.replace("made = Ship()", "made = Boat()"), "make", True),
        (MAKE.replace("made = Ship()", "made = Boat()"), "build", True),
        (MAKE.replace("made = Ship()", "made = Boat()"), "LENGTH", False),
        (MAKE.replace("size=1", "size=1, colour=2"), "build", True),
        (MAKE.replace("class Yard:", "class Yard(Ship):"), "Yard", True),
        (MAKE.replace("class Yard:", "class Dock:"), "Yard", True),
        (MAKE.replace("class Yard:", "class Dock:"), "build", False),  # who sees it speaks of the class
    ],
)
def test_a_name_differs_where_others_see_another_type(now: str, word: str, differs: bool) -> None:
    changes = MeaningChanges(program_of(MAKE), program_of(now), {0})

    assert changes.differ(0, word) is differs


def test_what_makes_objects_of_a_changed_class_differs_too() -> None:
    changes = MeaningChanges(program_of(MAKE), program_of(MAKE.replace("class Yard:", "class Yard(Ship):")), {0})
    made = [changes.differ(0, word) for word in ("Yard", "dock", "make")]

    changes.add(0, "Yard")

    assert made == [True, False, False]
    assert [changes.differ(0, word) for word in ("Yard", "dock", "make")] == [True, True, False]


def test_other_facts_of_a_file_make_another_program() -> None:
    before, after = program_of(MAKE), program_of(FIRST + MAKE.replace("made = Ship()", "made = Boat()"))

    earlier = after.replace_facts({0: before.load(0)})

    assert not MeaningChanges(before, earlier, {0}).differ(0, "build")
    assert MeaningChanges(earlier, after, {0}).differ(0, "build")
    assert after.replace_facts({0: b""}).heads[0] is None
