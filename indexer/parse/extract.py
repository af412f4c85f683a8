"""Source text in, symbols out. No files, no database, no clock."""

from __future__ import annotations

import codecs
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from noctule.indexer.parse.languages.language import Named, summary_line
from noctule.indexer.symbols import TYPES, VALUES, Definition, Import, Span, Symbols

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

    from noctule.indexer.parse.languages.language import Language, Namer

LONGEST_NAME = 100
LONGEST_SIGNATURE = 200
LONGEST_LINE = 1000
LONGEST_DOC = 60
LONGEST_BLOCK = 4000
READ_AT_ONCE = 4096
"""So many bytes a parser that can be stopped is given at a time; it asks for the text of each name too."""
DEEPEST = 20
"""Definitions nested deeper than this are not looked for: no person writes them, and their names grow as a square."""

_FUNCTIONS = frozenset({"function", "method"})
_VALUES = frozenset({"constant", "field"})


def extract_symbols(source: bytes, language: Language) -> Symbols:
    """Find what a text defines, uses and imports. Any bytes will do; time and memory are linear in their number.

    Line numbers count `\\n`; a text in UTF-16 is told by its byte order mark.
    """
    return read(source, language)[0]


def read(source: bytes, language: Language, most_s: float | None = None) -> tuple[Symbols, Node]:
    """Return the symbols of a text with the root that they were found under; it keeps the nodes that were looked at.

    `most_s` is the processor time after which a parse is given up: TimeoutError.
    """
    source, root, walk = _read_best(source, language, most_s)
    symbols = Symbols(
        language=language.name,
        definitions=tuple(walk.definitions),
        references=find_references(source, language, walk.named_at),
        imports=tuple(walk.imports),
        broken=root.has_error,
    )
    return symbols, root


def read_nodes(source: bytes, language: Language, most_s: float) -> tuple[bytes, list[DefinitionNode]]:
    """Return a text in UTF-8 and its definitions, each with the node that it was found at. TimeoutError."""
    source, _, walk = _read_best(source, language, most_s)
    return source, [DefinitionNode(*found) for found in zip(walk.definitions, walk.nodes, strict=True)]


class DefinitionNode(NamedTuple):
    """A definition; `nodes` are what it begins with (a decorator, `export`, an attribute, or itself), and itself."""

    definition: Definition
    nodes: tuple[Node, Node]


def _read_best(source: bytes, language: Language, most_s: float | None) -> tuple[bytes, Node, _Walk]:
    """Return a text in UTF-8 with the tree of it, repaired where that is understood better, and what it defines."""
    if source[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        source = source.decode("utf-16", "replace").encode("utf-8", "replace")
    source = source.removeprefix(codecs.BOM_UTF8)
    root, walk = _walk(source, source, language, most_s)
    is_misread = language.misread is not None and language.misread.search(source) is not None
    if language.repair is not None and (root.has_error or is_misread):
        repaired = language.repair(source)
        again = _walk(source, repaired, language, most_s) if repaired != source else (root, walk)
        root, walk = max(*((again, (root, walk)) if is_misread else ((root, walk), again)), key=_readability)
    return source, root, walk


def _walk(source: bytes, parsed: bytes, language: Language, most_s: float | None) -> tuple[Node, _Walk]:
    """Parse a text and find its definitions in `source`, of which `parsed` is a form with everything at its place."""
    parser = _parser(language)
    root = (parser.parse(parsed) if most_s is None else _parse_within(parser, parsed, most_s)).root_node
    walk = _Walk(source, language)
    walk.run(root)
    return root, walk


def _parse_within(parser: Parser, text: bytes, most_s: float) -> Tree:
    until = time.thread_time() + most_s
    try:
        return parser.parse(
            lambda at, _point: text[at : at + READ_AT_ONCE], progress_callback=lambda *_: time.thread_time() > until
        )
    except ValueError:  # as it says that it was stopped
        parser.reset()  # it would go on with this text at the next one
        raise TimeoutError(f"not parsed within {most_s:g} s") from None


def _readability(read: tuple[Node, _Walk]) -> int:
    """Say how much of a text was understood.

    An error may well make a definition of what is none, and of the local variables of a function that was lost.
    """
    root, walk = read
    errors = 0
    nodes = [root]
    while nodes:
        node = nodes.pop()
        errors += node.is_error or node.is_missing
        nodes += [child for child in node.children if child.has_error or child.is_missing]
    return sum(each.kind not in VALUES for each in walk.definitions) - errors


def find_references(source: bytes, language: Language, named_at: dict[str, set[int]]) -> dict[str, tuple[int, ...]]:
    """Map each word that is used to its lines.

    `named_at` holds the lines that define a name and do not use it as well. A lexical pass, because asking the tree
    for its identifiers costs several times as much. One character stands for one byte, which spares a decoding of each
    word: nearly all are ASCII.
    """
    found: dict[str, list[int]] = {}
    get = found.get
    line = 0
    noise = language.noise_marks
    for token in language.tokens.findall(source.decode("latin-1")):
        if token == "\n":
            line += 1
        elif (at := get(token)) is not None:
            if at[-1] != line:
                at.append(line)
        elif token[0] in noise or token[-1] in _CLOSING:
            if token[0] in language.interpolating:
                _scan_interpolation(found, token, line, language)
            line += token.count("\n")
        else:
            found[token] = [line]
    for name, defined_at in named_at.items():
        found[name] = [at_line for at_line in found.get(name, ()) if at_line not in defined_at]
    for keyword in language.keywords & found.keys():
        del found[keyword]
    if source.isascii():
        return {name: tuple(at) for name, at in found.items() if at and len(name) <= LONGEST_NAME}
    spelled = ((_decode_word(name), at) for name, at in found.items() if at)
    return {name: tuple(at) for name, at in spelled if 1 < len(name) <= LONGEST_NAME}


_CLOSING = frozenset("'\"`#")
"""What a string with a letter before its quotes ends with, and no word does."""


def _decode_word(word: str) -> str:
    return word if word.isascii() else word.encode("latin-1").decode("utf-8", "replace")


def _scan_interpolation(found: dict[str, list[int]], token: str, line: int, language: Language) -> None:
    if language.interpolations is None:
        return
    for code in language.interpolations.finditer(token):
        here = line + token.count("\n", 0, code.start())
        for word in language.words.findall(code[code.lastindex or 0]):
            at = found.setdefault(word, [])
            if not at or at[-1] < here:
                at.append(here)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the walk does at a node of one type."""

    defines: str | Namer | None
    only_global: bool
    owner_of: Callable[[Node], tuple[str, str]] | None
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
    meanings[_ERROR] = _NOTHING
    return meanings


_ERROR = 0xFFFF
"""The kind of a node around what the parser could not read; what is sound inside still counts."""
_NOTHING = _Meaning(None, only_global=False, owner_of=None, wraps=False, prefixes=False, imports=False)


class _Place(NamedTuple):
    """Where the walk is: the innermost definition, the name and kind of the owner of what is found, and how deep."""

    parent: int = -1
    owner: str = ""
    kind: str = ""
    depth: int = 0


_Step = tuple["Node", _Meaning, _Place, "Node | None"]
"""A node to visit, what it means, where it stands, and the decorator, `export` or attribute that it begins with."""


class _Walk:
    """One pass over the nodes that can hold definitions; an explicit stack, since texts nest deeper than Python."""

    def __init__(self, source: bytes, language: Language) -> None:
        self.source = source
        self.language = language
        self.definitions: list[Definition] = []
        self.nodes: list[tuple[Node, Node]] = []
        self.imports: list[Import] = []
        self.named_at: dict[str, set[int]] = {}
        self.fields: set[tuple[int, str]] = set()
        self.meanings = _meanings(language)
        landmark = language.landmark
        self.landmarks = None if landmark is None else [match.start(1) for match in landmark.finditer(source)]

    def run(self, root: Node) -> None:
        """Visit in source order."""
        stack: list[_Step] = [(root, _NOTHING, _Place(), None)]
        while stack:
            node, meaning, place, outer = stack.pop()
            if meaning.imports:
                self._import(node)
            if meaning.owner_of is not None:
                owner, kind = meaning.owner_of(node)
                place = _Place(place.parent, _join(place.owner, owner), kind, place.depth)
            if meaning.defines is not None:
                place = self._define(node, meaning.defines, place, outer or node)
                if place.depth > DEEPEST:
                    continue
            if place.kind in _FUNCTIONS and not self._has_landmark(node, meaning.defines is not None):
                continue
            self._push_children(stack, node, place, (outer or node) if meaning.wraps else None)

    def _push_children(self, stack: list[_Step], node: Node, place: _Place, outer: Node | None) -> None:
        find_meaning = self.meanings.get
        is_global = place.parent < 0 or place.kind in TYPES
        after = False
        parts = node.named_children if self.language.parts is None else self.language.parts(node)
        for child in reversed(parts):
            meaning = find_meaning(child.kind_id)
            if meaning is None:
                after = False
            elif meaning.prefixes:
                if after:
                    stack.append((*stack.pop()[:3], child))
            elif is_global or not meaning.only_global:
                stack.append((child, meaning, place, outer))
                after = True

    def _has_landmark(self, node: Node, beyond_its_own: bool) -> bool:
        landmarks = self.landmarks
        if landmarks is None:
            return True
        position = bisect_left(landmarks, node.start_byte + beyond_its_own)
        return position < len(landmarks) and landmarks[position] < node.end_byte

    def _define(self, node: Node, defines: str | Namer, place: _Place, outer: Node) -> _Place:
        if isinstance(defines, str):
            name = node.child_by_field_name("name")
            named: Iterable[Named] = () if name is None else (Named(name, defines),)
        else:
            named = defines(node)
        first: Definition | None = None
        owns = True
        index, outside = len(self.definitions), place
        for spelled, plain_kind, owner, at, is_inside in named:
            if is_inside and first is not None:
                place = _Place(index, first.qualname, first.kind, outside.depth + 1)
            text = (spelled.text or b"").removeprefix(b":")  # a symbol of Ruby
            if text.startswith(b"operator "):  # C++: the grammar counts `() const` to the name of a conversion
                text = text.partition(b"(")[0].rstrip() or text
            name_ = text.decode("utf-8", "replace")
            kind = _kind(name_, plain_kind, owner, place)
            if not name_ or len(name_) > LONGEST_NAME or not kind:
                continue
            if kind in _VALUES and place.kind in TYPES:
                if at is not None and (place.parent, name_) in self.fields:
                    continue  # set again
                self.fields.add((place.parent, name_))
            is_set = at is not None and kind == "field"  # where it is set, it is used as well
            if not is_set and self._line_around(spelled.start_byte).count(text) == 1:
                self.named_at.setdefault(text.decode("latin-1"), set()).add(spelled.start_point.row)
            qualname = _join(_join(place.owner, owner), name_)
            if first is None or at is not None:
                definition = self._definition(at or node, at or outer, name_, qualname, kind, place.parent, is_inside)
            else:
                definition = first._replace(name=name_, qualname=qualname, kind=kind)
            first = first or definition
            owns = owns and plain_kind != "constant"
            self.definitions.append(definition)
            self.nodes.append((outer, node) if at is None else (at, at))
        if first is None or not owns:
            return outside
        return _Place(index, first.qualname, first.kind, outside.depth + 1)

    def _definition(
        self, node: Node, outer: Node, name: str, qualname: str, kind: str, parent: int, is_part: bool
    ) -> Definition:
        body = node.child_by_field_name("body")
        # What stands before it in its line, as the head of a class, is not its own; nor is the comment above.
        is_part = is_part and not self._starts_line(node.start_byte)
        if body is None and node.named_child_count:
            last = node.named_children[-1]
            body = last if last.type.endswith("_body") else None
        return Definition(
            name=name,
            qualname=qualname,
            kind=kind,
            span=_span(outer, node),
            signature=self._signature(node, body, is_part=is_part),
            doc=(body and self.language.doc(body)) or ("" if is_part else self._comment_before(outer.start_byte)),
            parent=parent,
        )

    def _signature(self, node: Node, body: Node | None, *, is_part: bool) -> str:
        source = self.source
        node_start = node.start_byte
        start = source.rfind(b"\n", max(0, node_start - LONGEST_SIGNATURE), node_start) + 1
        if is_part or (start == 0 and node_start > LONGEST_SIGNATURE):
            start = node_start
        if body is None:
            text = source[start : min(node.end_byte, start + LONGEST_LINE)].partition(b"\n")[0]
        else:
            text = source[start : min(body.start_byte, start + LONGEST_LINE)]
        return " ".join(text.decode("utf-8", "replace").split()).rstrip(" {:=")[:LONGEST_SIGNATURE]

    def _starts_line(self, byte: int) -> bool:
        """Tell whether nothing stands before a byte in its line."""
        start = max(0, byte - LONGEST_LINE)
        return not self.source[start:byte].rpartition(b"\n")[2].strip()

    def _line_around(self, byte: int) -> bytes:
        """Return the line around a byte; of a very long one, what is near."""
        source = self.source
        start = source.rfind(b"\n", max(0, byte - LONGEST_LINE), byte) + 1
        stop = source.find(b"\n", byte, byte + LONGEST_LINE)
        return source[start or max(0, byte - LONGEST_LINE) : byte + LONGEST_LINE if stop < 0 else stop]

    def _comment_before(self, byte: int) -> str:
        """Return the first line of the comment that ends on the line before a byte's."""
        source = self.source
        stop = source.rfind(b"\n", 0, byte)
        lines: list[bytes] = []
        above = b""
        for _ in range(LONGEST_DOC):
            if stop < 0:
                break
            start = source.rfind(b"\n", 0, stop) + 1
            line = source[start : min(stop, start + LONGEST_LINE)].strip()
            if not line.startswith(self.language.comment_marks):
                above = line
                break
            lines.append(line)
            stop = start - 1
        for line in reversed(lines):
            if said := summary_line(line.decode("utf-8", "replace")):
                return said
        if above.endswith(b"*/"):
            opening = source.rfind(b"/*", max(0, stop - LONGEST_BLOCK), stop)
            before = source[source.rfind(b"\n", 0, max(opening, 0)) + 1 : max(opening, 0)]
            if opening >= 0 and not before.strip():
                return summary_line(source[opening:stop].decode("utf-8", "replace"))
        return ""

    def _import(self, node: Node) -> None:
        start = node.start_byte
        text = self.source[start : min(node.end_byte, start + LONGEST_BLOCK)].decode("utf-8", "replace")
        line = node.start_point.row
        self.imports.extend(Import(module, names, line) for module, names in self.language.imports(text))


def _kind(name: str, kind: str, owner: str, place: _Place) -> str:
    """Say what a definition is where it stands; empty when it is local to a function."""
    in_type = place.kind in TYPES
    if kind == "function" and (in_type or owner):
        return "method"
    if kind == "method" and not (place.kind or owner):
        return "function"
    if kind in VALUES:
        if place.kind in _FUNCTIONS:
            return ""
        if kind != "constant" and len(name) > 1 and name.isupper():
            return "constant"
        if kind == "variable" and in_type:
            return "field"
    return kind


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner and name else owner or name


def _span(outer: Node, node: Node) -> Span:
    start, stop = outer.start_point.row, node.end_point
    return Span(start, stop.row if stop.column == 0 and stop.row > start else stop.row + 1)
