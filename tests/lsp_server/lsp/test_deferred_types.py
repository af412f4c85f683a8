"""Types of the protocol that are made when they are first used: the same as those that are made at once."""

from __future__ import annotations

import subprocess
import sys

SEEN = """
import sys
if sys.argv[1] == "deferred":
    from noctule.lsp_server.lsp import deferred_types
    deferred_types.import_types()
    waiting = len(deferred_types._waiting)
import attrs
from lsprotocol import converters, types
convert = converters.get_converter()
position = convert.structure({"line": 1, "character": 2}, types.Position)
assert sys.argv[1] != "deferred" or waiting - 5 < len(deferred_types._waiting) < waiting > 500
seen = [position, position < types.Position(2, 0), position == types.Position(1, 2)]
asked = {"textDocument": {"uri": "x"}, "position": {"line": 1, "character": 2}}
hover = types.Hover(types.MarkupContent("markdown", "x"))
seen += [convert.structure(asked, types.HoverParams), hover, convert.unstructure(hover)]
for given in ({"line": "one", "character": 2}, {"line": 1}, {}):
    try:
        seen += [types.Position(**given), convert.structure(given, types.HoverParams)]
    except Exception as error:
        seen.append((type(error), str(error)[:60]))
for name, cls in sorted(types.ALL_TYPES_MAP.items()):
    if isinstance(cls, type) and attrs.has(cls):
        attrs.resolve_types(cls, types.ALL_TYPES_MAP, {})
        seen.append((name, [(one.name, one.type, one.default, one.eq, one.repr) for one in attrs.fields(cls)]))
print(*seen, sep="\\n")
"""


def test_they_are_made_when_they_are_used_and_are_the_same() -> None:
    plain, deferred = (
        subprocess.run([sys.executable, "-c", SEEN, how], capture_output=True, text=True, check=True).stdout
        for how in ("plain", "deferred")
    )

    assert deferred.splitlines() == plain.splitlines()
    assert len(plain.splitlines()) > 500


def test_a_server_starts_without_the_types_of_answers_that_no_hover_needs() -> None:
    code = "import sys, noctule.lsp_server.features; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "noctule.indexer.results" in imported
    assert not {"noctule.indexer.reports", "noctule.indexer.review.results", "numpy"} & set(imported)
