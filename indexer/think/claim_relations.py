"""A relation that a sentence states in, the lines that show it out: none where it does not hold, None if nobody knows.

What a definition's own lines name, what a file imports and what stands in the head of a type are facts of the text. A
thing that cannot be found, or a language whose way to say it is not known here, is left to the second reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noctule.indexer.symbols import TYPES, Definition, Span
from noctule.indexer.think.claim_text import Mention, Relation
from noctule.indexer.think.evidence import EvidenceSource

Lines = frozenset[tuple[str, int]]
"""Lines by path and number from zero."""

HEADED = frozenset(
    {"python", "java", "javascript", "typescript", "tsx", "kotlin", "csharp", "cpp", "php", "scala", "swift", "ruby"}
)
"""Languages in which a type names what it inherits in its head."""
LONGEST_HEAD = 12
VALUES = frozenset({"variable", "field"})


@dataclass(frozen=True, slots=True)
class Thing:
    """What one side of a relation means: some lines of a file, and the definition that they are, unless all of it."""

    path: str
    span: Span
    definition: Definition | None = None


def find_lines(
    relation: Relation, source: EvidenceSource, scope: Sequence[str], about: Mention | None = None
) -> Lines | None:
    """Return the lines that show a relation; `scope` are the files that the evidence and the subject lie in.

    `about` stands for a subject that the sentence leaves out.
    """
    subject = relation.subject or about
    if subject is None:
        return None
    return _find_lines(subject, relation.verb, relation.object, source, scope)


def find_reversed_lines(
    relation: Relation, source: EvidenceSource, scope: Sequence[str], about: Mention | None = None
) -> Lines:
    """Return the lines that show the same relation the other way round."""
    subject = relation.subject or about
    if subject is None or relation.verb == "defines":
        return frozenset()
    return _find_lines(relation.object, relation.verb, subject, source, scope) or frozenset()


def _find_lines(
    subject: Mention, verb: str, thing: Mention, source: EvidenceSource, scope: Sequence[str]
) -> Lines | None:
    doers = _find_meaning(subject, source, scope)
    if not doers:
        return None
    if verb == "inherits":
        return _heritage_lines(doers, thing, source)
    if verb == "imports":
        return _import_lines(doers, thing, source, scope)
    if verb == "defines":
        return _definition_lines(doers, thing, source)
    return _naming_lines(doers, thing, source, scope, called=verb == "calls")


def _find_meaning(mention: Mention, source: EvidenceSource, scope: Sequence[str]) -> list[Thing]:
    """Return what a mention means: files by their paths, else definitions by their names, near before far."""
    if mention.kind == "path":
        return [_whole(path, source) for path in _files(mention.text, source, scope)]
    parts = mention.parts
    if not parts:
        return []
    near = _definitions(parts, source, scope)
    if near:
        return near
    modules = [_whole(path, source) for path in _modules(parts, source, scope)]
    if modules:
        return modules
    far = {path for path, row in source.load_definitions(parts[-1]) if ends(row.qualname, parts)}
    return _definitions(parts, source, sorted(far))


def _whole(path: str, source: EvidenceSource) -> Thing:
    return Thing(path, Span(0, len(source.lines(path))))


def _files(text: str, source: EvidenceSource, scope: Sequence[str]) -> list[str]:
    found = source.resolve_path(text)
    near = [path for path in found if path in scope]
    return near or found[:3]


def _modules(parts: Sequence[str], source: EvidenceSource, scope: Sequence[str]) -> list[str]:
    """Return the files of the scope that a dotted or bare module name means."""
    ending = "/".join(parts)
    stems = {path: path.rpartition(".")[0].removesuffix("/__init__").removesuffix("/index") for path in scope}
    return [path for path, stem in stems.items() if f"/{stem}".endswith(f"/{ending}") and source.has_file(path)]


def bare(name: str) -> str:
    """Return a name without the marks that Ruby's may end with: sentences spell them or not."""
    return name.replace("?", "").replace("!", "")


def ends(qualname: str, parts: Sequence[str]) -> bool:
    """Tell whether a qualified name is that of some parts, or ends in them."""
    return f".{bare(qualname)}".endswith("." + ".".join(parts))


def _definitions(parts: Sequence[str], source: EvidenceSource, paths: Iterable[str]) -> list[Thing]:
    found = [
        Thing(path, d.span, d)
        for path in paths
        for d in source.symbols(path).definitions
        if bare(d.name) == parts[-1] and ends(d.qualname, parts)
    ]
    return [t for t in found if t.definition is not None and t.definition.kind not in VALUES] or found


def _naming_lines(
    doers: Sequence[Thing], thing: Mention, source: EvidenceSource, scope: Sequence[str], *, called: bool
) -> Lines | None:
    """Return where the lines of what calls or uses name what is called or used."""
    if thing.kind == "path":
        return _file_use_lines(doers, _files(thing.text, source, scope), source)
    name = thing.parts[-1] if thing.parts else ""
    if len(name) < 2 or not any(source.symbols(doer.path).language for doer in doers):
        return None
    found: set[tuple[str, int]] = set()
    for doer in doers:
        own = doer.definition
        head = source.head(doer.path, own) if own is not None and bare(own.name) == name else -1
        references = source.symbols(doer.path).references
        lines = {n for spelled in (name, f"{name}?", f"{name}!") for n in references.get(spelled, ())}
        found.update((doer.path, n) for n in lines if n in doer.span and n != head)
        if own is None:
            found.update((doer.path, n) for n in _importing(doer.path, name, source))
    modules = [] if found or called else _modules(thing.parts, source, scope)
    if modules:
        return _file_use_lines(doers, modules, source)
    if not found and any(d.definition is not None and _may_continue(d.definition) for d in doers):
        return None
    return frozenset(found)


def _may_continue(definition: Definition) -> bool:
    """Whether what a definition does may be written outside of its lines, as methods of a Go or Rust type are."""
    return definition.kind in {"struct", "enum", "trait", "interface", "type", "module"}


def _file_use_lines(doers: Sequence[Thing], used: Sequence[str], source: EvidenceSource) -> Lines | None:
    if not used:
        return None
    found: set[tuple[str, int]] = set()
    for doer in doers:
        references = source.symbols(doer.path).references
        for path in used:
            if doer.definition is None:
                found.update((doer.path, n) for n in source.import_line_numbers(doer.path, path))
            names = {d.name for d in source.symbols(path).definitions if len(d.name) > 2 and d.kind not in VALUES}
            mine = {d.name for d in source.symbols(doer.path).definitions}
            found.update((doer.path, n) for name in names - mine for n in references.get(name, ()) if n in doer.span)
    if not found and not all(source.symbols(path).language for path in (*used, *(d.path for d in doers))):
        return None
    return frozenset(found)


def _import_lines(doers: Sequence[Thing], thing: Mention, source: EvidenceSource, scope: Sequence[str]) -> Lines | None:
    found: set[tuple[str, int]] = set()
    for doer in doers:
        if not source.symbols(doer.path).language:
            return None
        if thing.kind == "path":
            for path in _files(thing.text, source, scope):
                found.update((doer.path, n) for n in source.import_line_numbers(doer.path, path))
        elif thing.parts:
            found.update((doer.path, n) for n in _importing(doer.path, thing.parts[-1], source))
    if not found and thing.kind == "path" and not all(source.tells_imports(d.path) for d in doers):
        return None
    return frozenset(found)


def _importing(path: str, name: str, source: EvidenceSource) -> list[int]:
    """Return the lines of a file's import statements that spell a name."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    lines = source.lines(path)
    found = []
    for statement in source.symbols(path).imports:
        if name in statement.names or word.search(statement.module):
            below = range(statement.line, min(statement.line + 60, len(lines)))
            found.append(next((n for n in below if word.search(lines[n])), statement.line))
    return found


def _heritage_lines(doers: Sequence[Thing], thing: Mention, source: EvidenceSource) -> Lines | None:
    """Return the lines of the heads of types that name another; None where a language says it elsewhere."""
    if thing.kind == "path" or not thing.parts:
        return None
    types = [d for d in doers if d.definition is not None and d.definition.kind in TYPES]
    if not types or any(source.symbols(d.path).language not in HEADED for d in types):
        return None
    word = re.compile(rf"(?<!\w){re.escape(thing.parts[-1])}(?!\w)")
    found: set[tuple[str, int]] = set()
    for doer in types:
        lines = source.lines(doer.path)
        for n in _head(doer, source):
            text = lines[n]
            if doer.definition is not None and doer.definition.name == thing.parts[-1]:
                text = text.partition(doer.definition.name)[2]
            if word.search(text):
                found.add((doer.path, n))
    return frozenset(found)


def _head(doer: Thing, source: EvidenceSource) -> range:
    """Return the lines of a type up to where its body begins."""
    lines = source.lines(doer.path)
    start = source.head(doer.path, doer.definition) if doer.definition is not None else doer.span.start
    opens = ":" if source.symbols(doer.path).language == "python" else "{"
    for n in range(start, min(start + LONGEST_HEAD, doer.span.stop, len(lines))):
        text = lines[n].partition("#")[0] if opens == ":" else lines[n].partition("//")[0]
        if opens in text.rstrip()[-1:] or (opens == "{" and "{" in text):
            return range(start, n + 1)
        if opens == "{" and n > start and re.match(r"\s*(?:def|end|include|attr)", text):
            return range(start, n)
    return range(start, min(start + 1, len(lines)))


def _definition_lines(doers: Sequence[Thing], thing: Mention, source: EvidenceSource) -> Lines | None:
    if thing.kind == "path" or not thing.parts:
        return None
    found: set[tuple[str, int]] = set()
    for doer in doers:
        symbols = source.symbols(doer.path)
        if not symbols.language or (doer.definition is not None and doer.definition.kind not in TYPES):
            return None
        for d in symbols.definitions:
            inside = doer.definition is None or d.qualname.startswith(f"{doer.definition.qualname}.")
            if inside and bare(d.name) == thing.parts[-1] and ends(d.qualname, thing.parts):
                found.add((doer.path, source.head(doer.path, d)))
    return frozenset(found)
