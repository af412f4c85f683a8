"""Code inside of files that are more than code: components with templates, notebooks. Bytes in, bytes out.

What is no code is replaced by blanks and every line stays where it is, so that whoever parses the rest finds it at the
lines of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages import all_languages, by_name, detect_language
from noctule.indexer.parse.languages.language import Language

COMPONENTS = (".vue", ".svelte", ".astro")
NOTEBOOK = ".ipynb"

_SCRIPT = lazy_pattern(rb"<script\b([^<>]{0,500})>(.*?)(?=</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_STYLE = lazy_pattern(rb"(<style\b[^<>]{0,500}>)(.*?)(?=</style\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_FRONT = lazy_pattern(rb"\A\s*---[^\S\n]*\n(.*?)(?=^---|\Z)", re.DOTALL | re.MULTILINE)
_LANG = lazy_pattern(rb"""\blang\s*=\s*["']?(ts|tsx|typescript)\b""", re.IGNORECASE)
_NO_LINE_END = lazy_pattern(rb"[^\n]")

_CELL = lazy_pattern(r'\s*"cell_type":\s*"(\w+)"')
_OPENING = lazy_pattern(r'(\s*)"source":\s*\[\s*$')
_CLOSING = lazy_pattern(r"(\s*)\],?\s*$")
_KERNEL = lazy_pattern(rb'"language":\s*"(\w+)"')
_MAGIC = lazy_pattern(r"\s*[%!?]")


class Embedded(NamedTuple):
    """The text of a file as it is searched, the part of it that is code, and the language of that; None: no code.

    `has_template`: the rest uses what the code defines.
    """

    text: bytes
    code: bytes
    language: Language | None
    has_template: bool = False


def find_code(path: str, source: bytes) -> Embedded:
    """Say what of a text is code, and in which language; of most files it is all."""
    ending = path[path.rfind(".") :].lower()
    if ending in COMPONENTS:
        return _component(source, ending)
    if ending == NOTEBOOK:
        return _notebook(source)
    return Embedded(source, source, detect_language(path, source[:200].split(b"\n", 1)[0]))


def _component(source: bytes, ending: str) -> Embedded:
    scripts = [match.span(2) for match in _SCRIPT.finditer(source)]
    typed = any(_LANG.search(match[1]) for match in _SCRIPT.finditer(source))
    if ending == ".astro" and (front := _FRONT.match(source)):
        scripts.insert(0, front.span(1))
        typed = True
    code, end = bytearray(), 0
    for start, stop in sorted(scripts):
        if start < end:
            continue
        code += _NO_LINE_END.sub(b" ", source[end:start]) + source[start:stop]
        end = stop
    code += _NO_LINE_END.sub(b" ", source[end:])
    text = _STYLE.sub(lambda match: match[1] + _NO_LINE_END.sub(b" ", match[2]), source)
    return Embedded(text, bytes(code), by_name("typescript" if typed else "javascript"), has_template=True)


def _notebook(source: bytes) -> Embedded:
    """Take the sources of the cells, as notebooks are written: each line of a cell on a line of its own."""
    text: list[str] = []
    code: list[str] = []
    kind, inside = "", None
    for line in source.decode("utf-8", "replace").split("\n"):
        said, is_code = "", False
        if inside is not None and (end := _CLOSING.match(line)) and end[1] == inside:
            inside = None
        elif inside is not None:
            said, is_code = _spelling(line), kind == "code"
        elif cell := _CELL.match(line):
            kind = cell[1]
        elif opening := _OPENING.match(line):
            inside = opening[1]
        text.append(said)
        code.append("" if not is_code or _MAGIC.match(said) else said)
    if not any(text):  # not written as notebooks are: its words are all that can be known
        text[0] = " ".join(_sources(source))
    kernel = _KERNEL.search(source)
    named = kernel[1].decode().lower() if kernel is not None else "python"
    language = next((one for one in all_languages() if one.name == named), None) if any(code) else None
    return Embedded("\n".join(text).encode(), "\n".join(code).encode(), language)


def _sources(source: bytes) -> Iterator[str]:
    """Yield the sources of the cells of a notebook that is written on one line."""
    try:
        cells = json.loads(source)["cells"]
        for cell in cells:
            yield " ".join("".join(cell["source"]).split())
    except (ValueError, RecursionError, KeyError, TypeError):
        return


def _spelling(line: str) -> str:
    try:
        said = json.loads(line.strip().rstrip(","))
    except (ValueError, RecursionError):
        return ""
    return " ".join(said.rstrip("\n").split("\n")) if isinstance(said, str) else ""
