"""After an edit of one file, what another file uses is as it was, unless the difference of the edit is a word of it."""

from __future__ import annotations

from functools import cache

import pytest

from noctule.indexer.parse.extract import read
from noctule.indexer.parse.facts.extract import extract_facts
from noctule.indexer.parse.facts.model import VALUE, Binding, Facts, Head, is_setting
from noctule.indexer.parse.facts.packing import pack, unpack
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.resolve.difference import Difference, find_difference
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations, resolve
from tests.indexer.resolve.test_relations import CASES

Texts = dict[str, str]


@cache
def _read(path: str, text: str) -> tuple[bytes, frozenset[str], frozenset[str]]:
    """Return the facts of a file, the words that it uses, and the names that it defines."""
    language = detect_language(path)
    if language is None:
        return b"", frozenset(), frozenset()
    symbols, tree = read(text.encode(), language)
    facts = extract_facts(tree, text.encode(), language, symbols.definitions)
    names = frozenset(definition.name for definition in symbols.definitions)
    return b"" if facts is None else pack(facts), frozenset(symbols.references), names


def _facts(path: str, text: str) -> Facts | None:
    packed = _read(path, text)[0]
    return unpack(packed) if packed else None


def _resolve(texts: Texts) -> Relations:
    paths = sorted(texts)
    known = [_read(path, texts[path]) for path in paths]
    facts = [_facts(path, texts[path]) for path in paths]
    heads = [None if one is None else Head(one.language, one.package) for one in facts]
    settings = {path: text for path, text in texts.items() if is_setting(path)}
    program = Program(paths, heads, lambda file: known[file][0], settings)
    names = frozenset[str]().union(*(names for *_, names in known))
    return Relations.of(resolve(program, names, range(len(paths))))


def _difference(path: str, before: str, after: str) -> Difference | None:
    one, other = _facts(path, before), _facts(path, after)
    return None if one is None or other is None else find_difference(one, other)


def _edits(text: str) -> list[str]:
    """Return a text without each of its lines, with each twice, and with something added at its ends."""
    lines = text.splitlines(keepends=True)
    without = ["".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))]
    twice = ["".join(lines[: at + 1] + lines[at:]) for at in range(len(lines))]
    return [*without, *twice, "\n\n" + text]


@pytest.mark.parametrize("name", CASES)
def test_who_uses_no_changed_name_stays_as_it_was(name: str) -> None:
    texts: Texts = CASES[name][0]
    before = _resolve(texts)
    for at, path in enumerate(sorted(texts)):
        for edited in _edits(texts[path]):
            difference = _difference(path, texts[path], edited)
            others = [_read(p, text)[1] for p, text in texts.items() if p != path]
            if difference is None or any(not difference.names.isdisjoint(words) for words in others):
                continue
            moved, lost = before.move(at, difference.definitions)
            after = _resolve({**texts, path: edited})

            again = {at, *lost}
            assert [e for e in moved.entries() if e[2] not in again] == [
                e for e in after.entries() if e[2] not in again
            ], f"{path} is now\n{edited}"


BEFORE = """\
from sea import wind


class Ship:
    def sail(self):
        speed = wind()
        return speed

    def anchor(self):
        chain = 3
        print(chain)


def build():
    return Ship()
"""


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("chain = 3", "chain = 4", set()),
        ("chain = 3", "rope = 4\n        chain = rope", set()),
        ("speed = wind()", "speed = 3", {"sail"}),
        ("def build", "def launch():\n    pass\n\n\ndef build", {"launch"}),
        ("from sea import wind", "from sea import tide, wind", {"tide"}),
        ("from sea import wind", "from sea import *", None),
        (
            "    def sail(self):",
            "    def __init__(self):\n        pass\n\n    def sail(self):",
            {"Ship", "anchor", "build", "sail"},
        ),
    ],
)
def test_a_difference_is_told_by_the_names_that_others_ask_for(old: str, new: str, names: set[str] | None) -> None:
    found = _difference("ship.py", BEFORE, BEFORE.replace(old, new))

    assert (None if found is None else found.names) == names


def test_what_refers_to_a_class_that_is_not_there_can_be_compared() -> None:
    broken = _facts("use.kt", "fun f() {}\n")
    assert broken is not None
    broken.scopes[0].names["it"] = [Binding(VALUE, ("I", ("k", -1)), None, 0, 1, -1, False)]

    assert find_difference(broken, broken) == Difference(frozenset(), {0: 0})
