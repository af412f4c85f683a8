"""Which types inherit from a type, by their heads."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.indexer.arrays import pack
from noctule.indexer.notes.subtypes import inherits
from noctule.indexer.notes.view_uses import ViewUses
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.rows import DefinitionRow

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
