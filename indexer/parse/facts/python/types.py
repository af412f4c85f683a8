"""Types of Python: annotations, also those that are written as strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite, wrap
from noctule.indexer.parse.facts.model import TELLING, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node

_NUMBER = re.compile(r"-?[0-9]")
_KEY = re.compile(r"""['"]([A-Za-z_]\w*)['"]""")
_STRING = re.compile(r"^[rRuUbB]*('''|\"\"\"|'|\")(.*)\1$", re.DOTALL)


class PythonTypes(TreeWalk):
    """The part of the walk that reads types."""

    visits: ClassVar = {
        "subscript": "subscript",
        "generic_type": "generic_type",
        "member_type": "attribute",
        "type": "type",
        "string": "string",
    }
    in_type = False

    def type(self, node: Node) -> Expr:
        """An annotation; a string in it is read as one."""
        before, self.in_type = self.in_type, True
        found = self.only_child(node)
        self.in_type = before
        return found

    def generic_type(self, node: Node) -> Expr:
        """A generic type with its arguments, in an annotation."""
        children = node.named_children
        base = self.visit(children[0])
        if _is_literal(base):
            return self._texts(children[1].named_children if len(children) > 1 else ())
        arguments = self._arguments(children[1].named_children) if len(children) > 1 else []
        return None if base is None else ("i", base, tuple(arguments))

    def subscript(self, node: Node) -> Expr:
        """An element, or a generic type with its arguments."""
        children = node.named_children
        base = self.visit(children[0])
        if _is_literal(base):
            return self._texts(children[1:])
        arguments = self._arguments(children[1:])
        if len(arguments) == 1 and isinstance(arguments[0], tuple) and arguments[0][0] == "T":
            arguments = list(arguments[0][1])
        if base is None:
            return None
        if len(children) == 2 and children[1].type == "string" and not self.in_type:
            key = self.key(base, children[1])
            return ("[]", base, key) if key else ("i", base, tuple(arguments))
        number = _NUMBER.fullmatch(self.b.text(children[1])) if len(children) == 2 else None
        return ("i", base, (), int(number[0])) if number else ("i", base, tuple(arguments))

    def key(self, base: Expr, node: Node) -> str:
        """Note that a text names a field of a dictionary, where that is of a type that lists them; return the text."""
        match = _KEY.fullmatch(self.b.text(node))
        if match is None:
            return ""
        self.b.use_member(wrap("D", base), match[1], node.start_point[0])
        return match[1]

    def keys(self, declared: Expr, node: Node | None) -> None:
        """Note the keys of a dictionary that is written where a type is declared: of several, the one that it fits."""
        if declared is None or node is None or node.type != "dictionary":
            return
        pairs = [child.named_children for child in node.named_children if child.type == "pair"]
        written = [pair for pair in pairs if pair[0].type == "string"]
        whole: Expr = ("I", declared)
        for key, *value in written:
            text = _KEY.fullmatch(self.b.text(key))
            told = _STRING.match(self.b.text(value[-1])) if value and value[-1].type == "string" else None
            if text is not None and text[1] in TELLING and told is not None:
                whole = ("~", whole, text[1], (told[2],), True)
        for key, *_ in written:
            self.key(whole, key)

    def _texts(self, nodes: Sequence[Node]) -> Expr:
        """Return a type that has only some values, where all of them are texts."""
        found: list[Expr] = []
        for node in nodes:
            part = node.named_children[0] if node.type == "type" and node.named_child_count else node
            match = _STRING.match(self.b.text(part)) if part.type == "string" else None
            if match is None:
                self.visit(node)
            found.append(("=", match[2]) if match is not None else None)
        return unite(found) if all(found) else None

    def _arguments(self, nodes: Sequence[Node]) -> list[Expr]:
        """Visit what stands in brackets; `...` at the end says that the argument before it holds for all positions."""
        return self.visit_all(nodes[:-1] if len(nodes) > 1 and self.b.text(nodes[-1]) == "..." else nodes)

    def string(self, node: Node) -> Expr:
        """A string: in an annotation a type; else text, perhaps with code in it."""
        if self.in_type:
            match = _STRING.match(self.b.text(node))
            return self._parse_quoted_type(match[2], node.start_point[0]) if match else None
        if node.named_child_count > 2:
            for child in node.named_children:
                if child.type == "interpolation":
                    self.inside(child)
        return ("l", "str", ())

    def _parse_quoted_type(self, text: str, row: int) -> Expr:
        """Read a type that is written as a string: names, members and arguments."""
        tokens = re.findall(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|[\[\],|]", text)
        found, _ = self._parse_quoted(tokens, 0, row)
        return found

    def _parse_quoted(self, tokens: list[str], at: int, row: int) -> tuple[Expr, int]:
        options: list[Expr] = []
        while at < len(tokens):
            token = tokens[at]
            if token in {"]", ","}:
                break
            at += 1
            if token == "|":
                continue
            if token == "[":
                arguments: list[Expr] = []
                while at < len(tokens) and tokens[at] != "]":
                    argument, at = self._parse_quoted(tokens, at, row)
                    arguments.append(argument)
                    at += at < len(tokens) and tokens[at] == ","
                at += 1
                if options:
                    options[-1] = ("i", options[-1], tuple(arguments))
                continue
            if token == "Literal":
                at = tokens.index("]", at) + 1 if "]" in tokens[at:] else len(tokens)
            if token in {"None", "Literal"}:
                continue
            head, *rest = token.split(".")
            self.b.use(head, row)
            expression: Expr = head
            for name in rest:
                self.b.use_member(expression, name, row)
                expression = ("a", expression, name)
            options.append(expression)
        return (None if not options else options[0] if len(options) == 1 else ("o", *options)), at


def _is_literal(base: Expr) -> bool:
    """Tell whether a type is `Literal` or `typing.Literal`."""
    return base == "Literal" or (isinstance(base, tuple) and base[0] == "a" and base[2] == "Literal")
