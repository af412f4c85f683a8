"""What a text that nobody has learned yet defines, and the facts to resolve its relations from. Reads no file."""

from __future__ import annotations

from typing import NamedTuple

from noctule.indexer.files.redaction import mask_secrets
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.text import as_utf8
from noctule.indexer.parse.embedded import find_code
from noctule.indexer.parse.extract import read
from noctule.indexer.parse.facts.extract import extract_facts
from noctule.indexer.parse.facts.model import Head
from noctule.indexer.parse.facts.packing import pack
from noctule.indexer.parse.outline import MOST_BYTES, MOST_PARSE_S, LiveDefinition


class LiveFacts(NamedTuple):
    """The definitions of a text, its packed facts, and what these begin with; empty and None where it has none."""

    definitions: tuple[LiveDefinition, ...] = ()
    facts: bytes = b""
    head: Head | None = None


def read_facts(path: str, content: bytes) -> LiveFacts:
    """Read a text as sleep would; of one that is too long or takes too long, nothing is known."""
    text = as_utf8(content)
    if text is None or len(text) > MOST_BYTES or may_hold_secrets(path):
        return LiveFacts()
    embedded = find_code(path, text)
    if embedded.language is None:
        return LiveFacts()
    code = mask_secrets(embedded.code)
    try:
        symbols, root = read(code, embedded.language, MOST_PARSE_S)
    except TimeoutError:
        return LiveFacts()
    facts = extract_facts(root, code, embedded.language, symbols.definitions)
    found = tuple(LiveDefinition(d.qualname, d.kind, d.span.start, d.span.stop) for d in symbols.definitions)
    if facts is None:
        return LiveFacts(found)
    return LiveFacts(found, pack(facts), Head(facts.language, facts.package))
