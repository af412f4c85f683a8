"""Source text in, symbols out. No files, no database, no clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from indexer.languages.language import Named, first_line_of
from indexer.symbols import Definition, Import, Span, Symbols

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from indexer.languages.language import Language, Namer

LONGEST_NAME = 100
LONGEST_SIGNATURE = 200
LONGEST_LINE = 1000
DEEPEST = 20
"""Definitions nested deeper than this are not looked for: no person writes them, and their names grow as a square."""

_OWNERS = frozenset({"class", "interface", "struct", "enum", "trait", "type"})


def symbols_in(source: bytes, language: Language) -> Symbols:
    """Find what a text defines, uses and imports. Any bytes will do; time and memory are linear in their number.

    Line numbers count `\\n`; a text in UTF-16 is told by its byte order mark.
    """
    if source[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        source = source.decode("utf-16", "replace").encode("utf-8", "replace")
    tree = _parser(language).parse(source)
    walk = _Walk(source, language)
    walk.run(tree.root_node)
    return Symbols(
        language=language.name,
        definitions=tuple(walk.definitions),
        references=references_in(source, language, walk.named_at),
        imports=tuple(walk.imports),
        broken=tree.root_node.has_error,
    )


def references_in(
    source: bytes, language: Language, named_at: dict[bytes, set[int]]
) -> dict[str, tuple[int, ...]]:
    """Map each word that is used to its lines.

    `named_at` holds the lines that define a name and do not use it as well. A lexical pass, because asking the tree for its identifiers costs several times as much.
    """
    found: dict[bytes, list[int]] = {}
    line = 0
    noise = frozenset(b"0123456789" + b"".join(opening for opening, _ in language.noise if not opening.isalpha()))
    for token in language.tokens.findall(source):
        at = found.get(token)
        if at is not None:
            if at[-1] != line:
                at.append(line)
        elif token == b"\n":
            line += 1
        elif token[0] in noise or token[-1] in _CLOSING:
            if token[0] in language.interpolating:
                _note_interpolated(found, token, line, language)
            line += token.count(b"\n")
        else:
            found[token] = [line]
    for name, defined_at in named_at.items():
        found[name] = [at_line for at_line in found.get(name, ()) if at_line not in defined_at]
    keywords = language.keywords
    references = {}
    for word, at in found.items():
        name_ = word.decode("utf-8", "replace")
        if at and len(name_) <= LONGEST_NAME and name_ not in keywords:
            references[name_] = tuple(at)
    return references


_CLOSING = frozenset(b"'\"`#")
"""What a string with a letter before its quotes ends with, and no word does."""


def _note_interpolated(found: dict[bytes, list[int]], token: bytes, line: int, language: Language) -> None:
    if language.interpolations is None:
        return
    for code in language.interpolations.finditer(token):
        here = line + token.count(b"\n", 0, code.start())
        for word in language.words.findall(code[code.lastindex or 0]):
            at = found.setdefault(word, [])
            if not at or at[-1] < here:
                at.append(here)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the walk does at a node of one type."""

    defines: str | Namer | None
    only_global: bool
    owner_of: Callable[[Node], str] | None
    wraps: bool
    prefixes: bool
    imports: bool


@cache
def _parser(language: Language) -> Parser:
    import tree_sitter

    return tree_sitter.Parser(language.grammar())


@cache
def _meanings(language: Language) -> dict[int, _Meaning]:
    """Map the node kinds that matter to what they mean, by number: the walk asks this of every node it sees."""
    grammar = language.grammar()
    meanings = {}
    for kind in range(grammar.node_kind_count):
        name = grammar.node_kind_for_id(kind)
        if name is None or not grammar.node_kind_is_named(kind):
            continue
        meaning = _Meaning(
            defines=language.definitions.get(name) or language.globals.get(name),
            only_global=name in language.globals,
            owner_of=language.scopes.get(name),
            wraps=name in language.wrappers,
            prefixes=name in language.prefixes,
            imports=name in language.import_nodes,
        )
        if meaning != _NOTHING or name in language.bodies:
            meanings[kind] = meaning
    return meanings


_NOTHING = _Meaning(None, only_global=False, owner_of=None, wraps=False, prefixes=False, imports=False)


class _Place(NamedTuple):
    """Where the walk is: the innermost definition, the owner's name and kind for what is found, and how deep."""

    parent: int = -1
    owner: str = ""
    in_type: bool = False
    depth: int = 0


class _Walk:
    """One pass over the nodes that can hold definitions; an explicit stack, since texts nest deeper than Python."""

    def __init__(self, source: bytes, language: Language) -> None:
        self.source = source
        self.lines = source.split(b"\n")
        self.language = language
        self.definitions: list[Definition] = []
        self.imports: list[Import] = []
        self.named_at: dict[bytes, set[int]] = {}
        self.meanings = _meanings(language)
        landmark = language.landmark
        self.landmarks = None if landmark is None else [match.end() for match in landmark.finditer(source)]

    def run(self, root: Node) -> None:
        """Visit in source order."""
        stack: list[tuple[Node, _Meaning, _Place, int]] = [(root, _NOTHING, _Place(), -1)]
        while stack:
            node, meaning, place, first_row = stack.pop()
            if meaning.imports:
                self._import(node)
            if meaning.owner_of is not None:
                place = _Place(place.parent, _joined(place.owner, meaning.owner_of(node)), True, place.depth)
            if meaning.defines is not None:
                place = self._define(node, meaning.defines, place, first_row)
                first_row = -1
            if place.depth <= DEEPEST:
                self._push_children(stack, node, place, first_row if meaning.wraps else -1, meaning.wraps)

    def _push_children(
        self, stack: list[tuple[Node, _Meaning, _Place, int]], node: Node, place: _Place, first_row: int, wraps: bool
    ) -> None:
        if wraps and first_row < 0:
            first_row = node.start_point.row
        meanings = self.meanings
        is_global = place.parent < 0
        if not is_global and self.landmarks is not None and not self._has_landmark(node):
            return
        after = False
        for child in reversed(node.named_children):
            meaning = meanings.get(child.kind_id)
            if meaning is None:
                after = False
            elif meaning.prefixes:
                if after:
                    last = stack.pop()
                    stack.append((last[0], last[1], last[2], child.start_point.row))
            elif is_global or not meaning.only_global:
                stack.append((child, meaning, place, first_row))
                after = True

    def _has_landmark(self, node: Node) -> bool:
        landmarks = self.landmarks or []
        position = bisect_left(landmarks, node.start_byte)
        return position < len(landmarks) and landmarks[position] <= node.end_byte

    def _define(self, node: Node, defines: str | Namer, place: _Place, first_row: int) -> _Place:
        if isinstance(defines, str):
            name = node.child_by_field_name("name")
            named = [Named(name, defines)] if name is not None else []
        else:
            named = list(defines(node))
        inside = place
        for spelled, kind, owner in named:
            text = spelled.text or b""
            name_ = text.decode("utf-8", "replace")
            if not name_ or len(name_) > LONGEST_NAME:
                continue
            if kind == "function" and (place.in_type or owner):
                kind = "method"  # noqa: PLW2901
            row = spelled.start_point.row
            if self.lines[row][:LONGEST_LINE].count(text) == 1:
                self.named_at.setdefault(text, set()).add(row)
            qualname = _joined(_joined(place.owner, owner), name_)
            index = len(self.definitions)
            self.definitions.append(
                Definition(
                    name=name_,
                    qualname=qualname,
                    kind=kind,
                    span=_span(node, first_row),
                    signature=self._signature(node),
                    doc=self.language.doc(node)
                    or self._doc_above(node.start_point.row if first_row < 0 else first_row),
                    parent=place.parent,
                )
            )
            if inside is place:
                inside = _Place(index, qualname, kind in _OWNERS, place.depth + 1)
        return inside

    def _signature(self, node: Node) -> str:
        body = node.child_by_field_name("body")
        start = node.start_byte
        stop = min(body.start_byte if body is not None else node.end_byte, start + 2000)
        text = self.source[start:stop]
        if body is None:
            text = text.partition(b"\n")[0]
        return " ".join(text.decode("utf-8", "replace").split()).rstrip(" {:=")[:LONGEST_SIGNATURE]

    def _doc_above(self, row: int) -> str:
        marks = self.language.comment_marks
        said = ""
        for above in range(row - 1, max(row - 60, -1), -1):
            line = self.lines[above][:LONGEST_LINE].strip()
            if not line.startswith(marks):
                break
            said = first_line_of(line.decode("utf-8", "replace")) or said
        return said

    def _import(self, node: Node) -> None:
        text = (node.text or b"").decode("utf-8", "replace")
        line = node.start_point.row
        self.imports.extend(Import(module, names, line) for module, names in self.language.imports(text))


def _joined(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner and name else owner or name


def _span(node: Node, first_row: int) -> Span:
    start, stop = node.start_point.row, node.end_point
    last = stop.row if stop.column == 0 and stop.row > start else stop.row + 1
    return Span(start if first_row < 0 else first_row, last)
