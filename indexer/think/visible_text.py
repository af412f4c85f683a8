"""What a reader sees anyway: signatures, documentation, the heads of files, and the README."""

from __future__ import annotations

import re

from noctule.indexer.symbols import Definition
from noctule.indexer.think.claim_evidence import ClaimEvidence, split_subject
from noctule.indexer.think.evidence import EvidenceSource

_COMMENT = ("#", "//", "/*", "*", "--", ";")
_DOCSTRING = re.compile(r"^\s*[rRuUbB]{0,2}(?:\"\"\"|''')(.*?)(?:\"\"\"|''')", re.DOTALL | re.MULTILINE)
_READMES = ("README.md", "README.rst", "README.txt", "README", "Readme.md", "readme.md")


def visible_text(evidence: ClaimEvidence, source: EvidenceSource, subject: str) -> list[str]:
    """Return signatures and documentation of what the evidence shows, the heads of its files, and the README."""
    path, symbol = split_subject(subject, source)
    found: list[str] = []
    paths = dict.fromkeys([*evidence.paths, *([path] if source.has_file(path) else [])])
    for one in paths:
        for d in source.symbols(one).definitions:
            mine = one == path and d.qualname == symbol
            if mine or any(s.path == one and s.start < d.span.stop and d.span.start < s.stop for s in evidence.spans):
                found += [d.signature, *documentation(one, d, source)]
        found += opening(one, source)
    return [*found, *readme(source, path)]


def documentation(path: str, definition: Definition, source: EvidenceSource) -> list[str]:
    """Return what documents a definition: the comment above it, or the string at the head of its body."""
    lines = source.lines(path)
    above: list[str] = []
    for n in range(definition.span.start - 1, max(-1, definition.span.start - 60), -1):
        text = lines[n].strip()
        if not text.startswith(_COMMENT):
            break
        above.insert(0, text)
    body = "\n".join(lines[definition.span.start : min(definition.span.stop, definition.span.start + 80)])
    string = _DOCSTRING.search(body)
    said = [definition.doc, " ".join(above), string[1] if string is not None else ""]
    return [part for text in said for part in _paragraphs(text)]


def opening(path: str, source: EvidenceSource) -> list[str]:
    """Return the paragraphs of the comment or string that a file opens with."""
    head = "\n".join(source.lines(path)[:60])
    string = re.match(r"\s*(?:#[^\n]*\n\s*)*[rRuU]?(?:\"\"\"|''')(.*?)(?:\"\"\"|''')", head, re.DOTALL)
    if string is not None:
        return _paragraphs(string[1])
    marks = r"#(?!include|define|if|pragma|import)|//|/\*|\*"
    comment = re.match(rf"\s*((?:(?:{marks})[^\n]*\n\s*)+)", head + "\n")
    return _paragraphs(comment[1]) if comment is not None else []


def readme(source: EvidenceSource, path: str) -> list[str]:
    """Return the paragraphs of the READMEs at the top and in the subject's folder."""
    folders = dict.fromkeys(["", path.rpartition("/")[0], path])
    wanted = {f"{folder}/".lstrip("/") + name for folder in folders for name in _READMES}
    return [
        part for one in sorted(wanted) if source.has_file(one) for part in _paragraphs("\n".join(source.lines(one)))
    ]


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]
