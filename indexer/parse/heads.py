"""What a definition says to those who use it, apart from how it does it. Knows nothing of changes and of files.

The head is told by the syntax tree, not by lines: layout and comments are none of it, and a body may begin anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from noctule.indexer.parse.extract import read_nodes
from noctule.indexer.symbols import Definition

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Language

_BODIES = frozenset(
    {
        "arrow_expression_clause",
        "constructor_initializer",
        "constructor_invocation_list",
        "class_method_definition",
        "class_property_definition",
        "do_block",
        "enum_member",
        "field_declaration_list",
        "field_initializer_list",
        "macro_rule",
        "method_elem",
        "preproc_arg",
        "script_block_body",
    }
)
"""Nodes in which a body stands where the grammar has no field of this name for it."""
_PARAMETERS = frozenset({"ordered_field_declaration_list"})
"""Nodes that a grammar calls a body and that say what a caller has to give."""
_ANNOTATIONS = frozenset(
    {"annotation", "attribute", "attribute_list", "marker_annotation", "preproc_if_in_attribute_list"}
)
"""What is said about a definition to tools; a decorator of Python or JavaScript makes another thing of it."""
_DROPPED = frozenset({"", ";", "\n", "line_continuation"})
_CLOSING = frozenset({")", "]", "}", ">"})


class DefinitionText(NamedTuple):
    """A definition; the words of its head, and its lines that are not those of one inside of it, white space aside."""

    definition: Definition
    head: tuple[str, ...]
    lines: tuple[str, ...]


def read_texts(source: bytes, language: Language, most_s: float) -> list[DefinitionText]:
    """Return the definitions of a text, each with its head and its own lines. TimeoutError."""
    source, found = read_nodes(source, language, most_s)
    ranges = [(_first_byte(*each.nodes), each.nodes[1].end_byte) for each in found]
    return [
        DefinitionText(each.definition, _head(source, *each.nodes), _own_lines(source, ranges, at))
        for at, each in enumerate(found)
    ]


def _first_byte(outer: Node, node: Node) -> int:
    """Return where the text of a definition begins: attributes before it count, and what it shares with others not."""
    return outer.start_byte if outer.end_byte <= node.start_byte else node.start_byte


def _head(source: bytes, outer: Node, node: Node) -> tuple[str, ...]:
    """Return the words of a head, as `export` and decorators, that tell what a user of the definition has to know."""
    words = [word for before in _modifiers(outer, node) for word in _words(source, before)]
    words.extend(_words(source, node))
    return tuple(
        word for word, then in zip(words, [*words[1:], ""], strict=True) if word != "," or then not in _CLOSING
    )


def _modifiers(outer: Node, node: Node) -> Iterator[Node]:
    """Yield what stands before a node in the nodes around it, other declarations of the same statement aside."""
    while outer != node and outer.start_byte <= node.start_byte and outer.end_byte >= node.end_byte:
        inner = next(
            (c for c in outer.children if c.start_byte <= node.start_byte and c.end_byte >= node.end_byte), None
        )
        if inner is None:
            return
        yield from (c for c in outer.children if c.end_byte <= inner.start_byte and c.type not in (inner.type, ","))
        outer = inner


def _words(source: bytes, node: Node) -> Iterator[str]:
    """Yield the words of a node up to its bodies, without comments."""
    waiting: list[tuple[Node, bool]] = [(node, True)]
    while waiting:
        node, may_end = waiting.pop()
        if "comment" in node.type or node.type in _DROPPED or (may_end and node.type in _ANNOTATIONS):
            continue
        if not node.child_count:
            word = " ".join(source[node.start_byte : node.end_byte].decode("utf-8", "replace").split())
            word = word.replace("# ", "#", 1) if word.startswith("# ") else word
            if word and word not in _DROPPED:
                yield '"' if word == "'" else word
            continue
        if node.type == "arrow_function" and (name := node.child_by_field_name("parameter")) is not None:
            parts = [child for child in node.children if child.end_byte <= name.start_byte]
            yield from (word for part in parts for word in _words(source, part))
            yield from ("(", *_words(source, name), ")", "=>")
            continue
        may_end = may_end and "parameter" not in node.type
        children = [
            child
            for n, child in enumerate(node.children)
            if not (may_end and _is_body(node, child, node.field_name_for_child(n)))
        ]
        waiting += [(child, may_end) for child in reversed(children)]


def _is_body(node: Node, child: Node, field: str | None) -> bool:
    """Tell whether a part of a node says how, and not what."""
    if child.type in _PARAMETERS:
        return False
    if field == "body" or child.type in _BODIES or child.type.endswith("_body"):
        return True
    if child.type == "object_type":
        return node.type == "type_alias_declaration"
    return child.type == "pair" and (child.text or b"").startswith(b"do:")  # Elixir, on one line


def _own_lines(source: bytes, ranges: Sequence[tuple[int, int]], at: int) -> tuple[str, ...]:
    """Return the lines of a definition that are not of one inside of it; these come after it, in their order."""
    start, stop = ranges[at]
    parts: list[bytes] = []
    for first, last in ranges[at + 1 :]:
        if first >= stop:
            break
        if first >= start and (first, last) != ranges[at]:
            parts.append(source[start:first])
            start = max(start, last)
    parts.append(source[start:stop])
    lines = b"\n".join(parts).decode("utf-8", "replace").split("\n")
    return tuple(line.strip() for line in lines if line.strip())
