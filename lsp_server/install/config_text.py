"""A configuration's text with what is wanted put in, or taken out again. Knows the formats' names, and no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from noctule.lsp_server.install import json_text, toml_text
from noctule.lsp_server.install.clients import MARKED, STRICT, TOML
from noctule.lsp_server.install.entry import BrokenConfig, Json, Step, Want


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that was put in, and how many keys above it were made for it."""

    want: Want
    made: int


def parse(text: str, form: str) -> Json:
    """Return what a text says. Broken."""
    return toml_text.parse(text) if form == TOML else json_text.parse_value(text, form != STRICT)


def is_held(said: Json, want: Want) -> bool:
    """Tell whether a configuration holds what is wanted."""
    return json_text.holds(said, want) == want.value


def insert(text: str, form: str, wants: Sequence[Want]) -> tuple[str, list[Step], list[Taken]]:
    """Return a text that holds all that is wanted, what was put in for that, and what it was. Broken."""
    steps: list[Step] = []
    taken: list[Taken] = []
    for want in wants:
        said = parse(text, form)
        there = json_text.holds(said, want)
        if there == want.value:
            continue
        if there is not None:
            raise BrokenConfig(f"{want.where} exists already, but not as `noctule install` writes it")
        if form == TOML:
            put = toml_text.insert(text, want)
        else:
            put = json_text.insert(text, want, form != STRICT, form == MARKED)
        text = reduce(_apply, put, text)
        made = _missing(said, want)
        if json_text.without(parse(text, form), want, made) != said or not json_text.holds(parse(text, form), want):
            raise BrokenConfig(f"{want.where} cannot be added without changing something else")
        steps += put
        taken.append(Taken(want, made))
    return text, steps, taken


def _missing(said: Json, want: Want) -> int:
    above = want.keys if want.listed else want.keys[:-1]
    for depth, key in enumerate(above):
        if not isinstance(said, dict) or key not in said:
            return len(above) - depth
        said = said[key]
    return 0


def _apply(text: str, step: Step) -> str:
    at, put = step
    return text[:at] + put + text[at:]


def undone(text: str, steps: Sequence[Step]) -> str | None:
    """Return the text before some steps, or None where they are not what made it."""
    for at, put in reversed(steps):
        if text[at : at + len(put)] != put:
            return None
        text = text[:at] + text[at + len(put) :]
    return text


def remove(text: str, form: str, steps: Sequence[Step], taken: Sequence[Taken]) -> str:
    """Return a text that others have changed since, without what was put in. Broken."""
    said = expected = parse(text, form)
    for one in reversed(taken):
        if json_text.holds(said, one.want) not in (None, one.want.value):
            raise BrokenConfig(f"{one.want.where} is not as `noctule install` wrote it")
        expected = json_text.without(expected, one.want, one.made)
    for attempt in (_verbatim(text, steps), _structural(text, form, taken)):
        if attempt is not None and _says(attempt, form, expected):
            return attempt
    raise BrokenConfig("noctule cannot be removed without changing something else")


def _verbatim(text: str, steps: Sequence[Step]) -> str | None:
    for _, put in reversed(steps):
        if text.count(put) != 1:
            return None
        text = text.replace(put, "")
    return text


def _structural(text: str, form: str, taken: Sequence[Taken]) -> str:
    for one in reversed(taken):
        if json_text.holds(parse(text, form), one.want) is None:
            continue
        text = toml_text.remove(text) if form == TOML else json_text.remove(text, one.want, form != STRICT, one.made)
    return text


def _says(text: str, form: str, expected: Json) -> bool:
    try:
        return parse(text, form) == expected
    except BrokenConfig:
        return False
