"""Which languages there are and which one a file is in. No grammar is loaded here, and nothing is parsed."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import Language

_SHEBANG = lazy_pattern(rb"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z]+)")


@cache
def all_languages() -> tuple[Language, ...]:
    """Return every language, one for each `LANGUAGE` or `LANGUAGES` of the modules in this folder, by name."""
    found: list[Language] = []
    for name in sorted(entry.stem for entry in Path(__file__).parent.glob("*.py")):
        if name not in {"__init__", "language"}:
            found.extend(importlib.import_module(f"noctule.indexer.parse.languages.{name}").LANGUAGES)
    return tuple(sorted(found, key=lambda language: language.name))


@cache
def _by_ending() -> dict[str, Language]:
    return {ending: language for language in all_languages() for ending in language.extensions}


@cache
def _by_filename() -> dict[str, Language]:
    return {name: language for language in all_languages() for name in language.filenames}


@cache
def _by_shebang() -> dict[bytes, Language]:
    return {name.encode(): language for language in all_languages() for name in language.shebangs}


def by_name(name: str) -> Language:
    """Return the language of that name; KeyError when there is none."""
    return {language.name: language for language in all_languages()}[name]


def detect_language(path: str, first_line: bytes = b"") -> Language | None:
    """Say which language a file is in by its ending, its whole name, or its first line; None when unknown."""
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    if stem and (language := _by_ending().get(dot + ending) or _by_ending().get(dot + ending.lower())):
        return language
    if language := _by_filename().get(name):
        return language
    if first_line.startswith(b"#!") and (match := _SHEBANG.match(first_line[:200])):
        return _by_shebang().get(match[1])
    return None
