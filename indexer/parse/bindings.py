"""Whether a text gives a name to a parameter, a local variable or a named argument of its own. Reads no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.extract import read
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.outline import MOST_BYTES, MOST_PARSE_S

if TYPE_CHECKING:
    from tree_sitter import Node

_BINDING = ("parameter", "variable_declaration", "declarator", "binding", "lambda", "let_", "for_", "pattern")
_NAMED = frozenset({"assignment", "keyword_argument", "value_argument", "named_expression", "var_spec", "const_spec"})
_VALUES = frozenset({"type", "value", "default_value", "return_type", "body", "right"})
"""Fields of a binding in which a name is used."""


def is_bound(text: bytes, path: str, name: str) -> bool:
    """Tell whether a text binds a name, or may for all that is known: it is too long, or has no grammar."""
    language = detect_language(path, text[:200].split(b"\n", 1)[0])
    if language is None or len(text) > MOST_BYTES:
        return True
    try:
        _, root = read(text, language, MOST_PARSE_S)
    except TimeoutError:
        return True
    wanted = name.encode()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        for n, child in enumerate(node.children):
            if child.child_count:
                waiting.append(child)
            elif child.text == wanted and _binds(node, child, n):
                return True
    return False


def _binds(node: Node, child: Node, n: int) -> bool:
    """Tell whether a name is what a node gives a meaning."""
    field = node.field_name_for_child(n)
    if node.type == "expression_list" and node.parent is not None:  # Go
        return node.parent.type in {"short_var_declaration", "range_clause"} and node == node.parent.children[0]
    if field in _VALUES or child.type == "type_identifier" or child.type.startswith("type"):
        return False
    if node.type in _NAMED:
        first = child == node.children[0]
        return first and (node.type != "value_argument" or len(node.children) > 1)
    return any(word in node.type for word in _BINDING)
