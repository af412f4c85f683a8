"""Functions that are written nearly like a likely one: quoted with it, or named with their lines."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

BODY = """
    public {type} next{name}() throws IOException {{
        Token token = peek();
        if (token != Token.NUMBER && token != Token.STRING) {{
            throw new IllegalStateException("Expected a number but was " + token);
        }}
        {type} result = ((Primitive) peekStack()).getAs{name}();
        popStack();
        if (stackSize > 0) {{
            pathIndices[stackSize - 1]++;
        }}
        return result;
    }}
"""
KINDS = {"Double": "double", "Long": "long", "Int": "int"}
SKIP = (
    "\n    private void skip{0}() {{\n        stack{0}.clear({0});\n"
    "        calls = calls + step(depth, kind) + 1;\n    }}\n"
)


def test_functions_with_nearly_the_same_code_are_quoted_or_named_with_a_likely_one(tmp_path: Path) -> None:
    made = Made(tmp_path / "reader")
    others = "".join(map(SKIP.format, range(6)))
    text = "".join(BODY.format(name=name, type=kind) for name, kind in KINDS.items())
    made.commit(
        "Reader", {"TreeReader.java": f"class TreeReader {{\n{others}{text}}}\n", "Other.java": "class Other {}\n"}
    )

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        pack = repository.context("TreeReader.nextInt: the message does not say where the number stands")

    first, *_ = pack.text.split("== ")[1:]
    assert first.startswith("TreeReader.java:59-70 TreeReader.nextInt (")
    assert "nearly the same code: 46-57 nextLong, 33-44 nextDouble)" in first.partition("\n")[0]
    likely = {symbol.symbol: symbol.probability for symbol in pack.symbols}
    assert min(likely["TreeReader.nextLong"], likely["TreeReader.nextDouble"]) >= 0.45 * likely["TreeReader.nextInt"]
    assert likely["TreeReader.skip3"] < likely["TreeReader.nextDouble"]


def test_near_copies_that_are_not_named_are_counted(tmp_path: Path) -> None:
    made = Made(tmp_path / "reader")
    kinds = {"Float": "float", "Short": "short", "Byte": "byte", **KINDS}
    text = "".join(BODY.format(name=name, type=kind) for name, kind in kinds.items())
    made.commit("Reader", {"TreeReader.java": f"class TreeReader {{\n{text}}}\n", "Other.java": "class Other {}\n"})

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        pack = repository.context("TreeReader.nextInt: the message does not say where the number stands")

    heading = pack.text.split("== ")[1].partition("\n")[0]
    named = heading.partition("nearly the same code: ")[2].split(", ")
    assert all(place.partition(" ")[2].startswith("next") for place in named[:3])
    assert named[3:] == ["and at least 2 more)"]


def test_setters_are_alike_by_chance(tmp_path: Path) -> None:
    made = Made(tmp_path / "reader")
    text = "".join(map(SKIP.format, range(6)))
    made.commit("Reader", {"TreeReader.java": f"class TreeReader {{\n{text}}}\n", "Other.java": "class Other {}\n"})

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        pack = repository.context("TreeReader.skip3: the message does not say where the number stands")

    assert "TreeReader.skip3" in pack.text
    assert "nearly the same code" not in pack.text
