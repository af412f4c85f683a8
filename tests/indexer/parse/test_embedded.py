"""Components and notebooks: their code is found at its lines, their other words are searched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.parse.digest import Digest, Lexicon, digest
from noctule.indexer.parse.embedded import find_code

VUE = b"""<template>
  <button @click="addItem">{{ greetingText }}</button>
</template>

<script setup lang="ts">
import { total } from './cart'

const greetingText: string = 'hello'

function addItem(price: number): number {
  return total(price)
}
</script>

<style scoped>
.unsearched { color: red; }
</style>
"""
SVELTE = b"<script>\n  export function save() { return 1; }\n</script>\n<p on:click={save}>Saved</p>\n"
ASTRO = b"---\nimport Card from './Card.astro';\nfunction title(x: string) { return x; }\n---\n<h1>{title('a')}</h1>\n"


def notebook(**kernel: str) -> bytes:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Monthly revenue\n", "Read first."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [{"data": {"image/png": "iVBORpicture" * 50}, "text": ["printed"]}],
            "source": ["%matplotlib inline\n", "def revenue(month):\n", "    return month * RATE\n"],
        },
    ]
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}, indent=1).encode()


def described(found: Digest) -> list[tuple[str, str, str]]:
    return [(d.kind, d.qualname, d.signature) for d in found.symbols.definitions]


@pytest.mark.parametrize(
    ("path", "source", "language", "defined", "used_at"),
    [
        ("Cart.vue", VUE, "typescript", ("addItem", 9, 12), [("addItem", (1,)), ("greetingText", (1,))]),
        ("Cart.svelte", SVELTE, "javascript", ("save", 1, 2), [("save", (3,))]),
        ("Cart.astro", ASTRO, "typescript", ("title", 2, 3), [("title", (4,))]),
    ],
)
def test_the_script_of_a_component_is_read_in_its_place_and_its_template_uses_it(
    path: str, source: bytes, language: str, defined: tuple[str, int, int], used_at: list[tuple[str, tuple[int, ...]]]
) -> None:
    lexicon = Lexicon()
    found = digest(source, path, lexicon)

    assert found.symbols.language == language
    assert defined in [(d.name, d.span.start, d.span.stop) for d in found.symbols.definitions]
    assert [(name, found.symbols.references[name]) for name, _ in used_at] == used_at
    assert "unsearched" not in lexicon.terms
    assert len(found.line_hashes) == source.count(b"\n") + 1


def test_the_cells_of_a_notebook_are_read_and_neither_pictures_nor_outputs() -> None:
    lexicon = Lexicon()
    source = notebook(language="python")
    found = digest(source, "docs/revenue.ipynb", lexicon)
    (definition,) = found.symbols.definitions

    assert (found.symbols.language, found.symbols.broken) == ("python", False)
    assert described(found) == [("function", "revenue", "def revenue(month)")]
    assert "def revenue" in source.split(b"\n")[definition.span.start].decode()
    assert {"monthly", "revenu", "matplotlib"} <= set(lexicon.terms)
    assert not [term for term in lexicon.terms if "picture" in term or "print" in term]


def test_a_notebook_of_another_language_or_on_one_line_is_found_by_its_words() -> None:
    for source in (notebook(language="R"), json.dumps(json.loads(notebook())).encode()):
        lexicon = Lexicon()
        found = digest(source, "a.ipynb", lexicon)

        assert found.symbols.language == ""
        assert "matplotlib" in lexicon.terms
        assert not [term for term in lexicon.terms if "picture" in term]


@given(st.sampled_from([".vue", ".svelte", ".astro", ".ipynb"]), st.binary(max_size=300), st.integers(0, 200))
def test_any_bytes_keep_their_lines(ending: str, noise: bytes, at: int) -> None:
    for whole in (VUE, ASTRO, notebook()):
        source = whole[:at] + noise + whole[at:]
        found = find_code(f"a{ending}", source)

        assert found.text.count(b"\n") == found.code.count(b"\n") == source.count(b"\n")
