"""Which types inherit from a type, by their heads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from noctule.indexer.arrays import pack
from noctule.indexer.notes.subtypes import find_subtypes, inherits
from noctule.indexer.notes.view_uses import ViewUses
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.rows import DefinitionRow
from tests.repositories import Repository as Made

BOAT = "from ship import Ship\n\n\nclass Boat(Ship):\n    pass\n"
CLASS = DefinitionRow(0, 0, "Boat", "class", 0, 9, "", "", -1)


@pytest.mark.parametrize(
    ("head", "language", "expected"),
    [
        ("class Boat(Ship, metaclass=Meta)", "python", True),
        ("class Boat(List[Ship])", "python", False),
        ("class Boat extends Ship implements Floats", "typescript", True),
        ("class Boat<T extends Ship> extends Vessel<Map<T, Ship>>", "typescript", False),
        ("class Boat(val ship: Ship) : Vessel()", "kotlin", False),
        ("class Boat(val name: String) : Ship(name)", "kotlin", True),
        ("class Boat(val name: String, private val parts: Parts = Parts.of(", "kotlin", False),
        ("class Boat(builder: Ship.Builder, private val tags: Tags = builder.tags(), val size: In", "kotlin", False),
        ("class Boat : public Ship", "cpp", True),
        ("class Boat extends Shipyard", "java", False),
    ],
)
def test_a_base_is_named_in_the_head_and_not_as_an_argument(head: str, language: str, expected: bool) -> None:
    assert inherits(CLASS._replace(signature=head), "Ship", language) == expected


def test_what_lines_use_is_told_by_the_resolver_and_by_an_index() -> None:
    resolved = Relations.of([(1, 0, 0, 4, [3, 9]), (1, -1, 0, 4, [3])])
    precise = Relations.of_precise(np.array([[2, 5, 0, 4], [2, 6, 0, 30]], np.int32))
    uses = ViewUses({"relations": pack(resolved.columns()), "precise": pack(precise.columns())})

    assert list(uses.used_in(0, 2, 8)) == [(1, 0), (2, 5)]


def test_subtypes_are_those_of_files_that_are_there(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit(
        "Begin", {"ship.py": "class Ship:\n    pass\n", "boat.py": BOAT, "ferry.py": BOAT.replace("Boat", "Ferry")}
    )
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        ground = repository.reader.ground
        ship = ground.position["ship.py"]
        owner = ground.file_definitions(ship)[0]

        assert [row.name for _, row, _ in find_subtypes(ground, ship, owner)] == ["Boat", "Ferry"]
        (made.root / "boat.py").unlink()
        repository.reader.look(repository.look())
        assert [row.name for _, row, _ in find_subtypes(ground, ship, owner)] == ["Ferry"]
