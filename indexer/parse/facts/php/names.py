"""What PHP's names mean in a file: namespaces, `use`, and types as comments and declarations write them.

A type is named `\\A\\B`, a function `\\A\\b()`, a constant `\\A\\const B`; one that begins with `?` may also be global.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.blocks import BlockWalk, union
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Node

NAMES = frozenset({"name", "qualified_name", "relative_name", "namespace_name"})
_NO_TYPES = frozenset(
    (
        "array bool boolean callable false float int integer iterable mixed never null numeric object resource scalar "
        "string true void double positive-int class-string key value T TKey TValue"
    ).split()
)
_CONTAINERS = frozenset(
    "array list iterable generator iterator traversable iteratoraggregate non-empty-array non-empty-list".split()
)
"""Types that hold what their second argument says, or the only one."""
_NESTED = r"<(?:[^<>*]|<(?:[^<>*]|<[^<>*]*>)*>)*>"
_DOC_TYPE = re.compile(
    rf"@(?:phpstan-|psalm-)?(return|var|param)\s+((?:[^\s*<]|{_NESTED})+)(?:\s+(?:\.\.\.|&)*(\$\w+))?"
)


class PhpNames(BlockWalk):
    """The part of the walk over a PHP tree that knows what names mean."""

    space = ""
    """The namespace around, with a backslash before each part."""

    def reset_names(self) -> None:
        """Forget what `use` said."""
        self.types: dict[str, str] = {}
        self.called: dict[str, str] = {}
        self.constants: dict[str, str] = {}

    def namespace(self, node: Node) -> Expr:
        """`namespace A\\B;`"""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        self.space = f"\\{self.b.text(name)}" if name is not None else ""
        self.b.package = self.b.package or self.space
        self.reset_names()
        if body is not None:
            self.inside(body)
        return None

    def use_(self, node: Node) -> Expr:
        """`use A\\B as C, function A\\d;`"""
        b = self.b
        body = node.child_by_field_name("body")
        kind = _kind(node)
        prefix = ""
        clauses = node.named_children
        if body is not None:
            prefix = next((b.text(c) for c in node.named_children if c.type == "namespace_name"), "") + "\\"
            clauses = body.named_children
        for clause in clauses:
            if clause.type != "namespace_use_clause":
                continue
            alias = clause.child_by_field_name("alias")
            names = [c for c in clause.named_children if c != alias]
            if not names:
                continue
            whole = "\\" + (prefix + b.text(names[0])).strip("\\")
            outer, _, last = whole.rpartition("\\")
            spelled = b.text(alias) if alias is not None else last
            row = names[0].start_point[0]
            what = _kind(clause) or kind
            if what == "function":
                self.called[spelled] = f"{whole}()"
                b.add_import(outer, f"{last}()", row)
            elif what == "const":
                self.constants[spelled] = f"{outer}\\const {last}"
                b.add_import(outer, f"const {last}", row)
            else:
                self.types[spelled] = whole
                b.add_import(outer, last, row)
        return None

    def full_name(self, name: str) -> str:
        """Return the full name of a type."""
        if name.startswith("\\"):
            return name
        first, _, rest = name.partition("\\")
        if first == "namespace":
            return f"{self.space}\\{rest}"
        known = self.types.get(first)
        if known is not None:
            return f"{known}\\{rest}" if rest else known
        return f"{self.space}\\{name}"

    def type_name(self, node: Node) -> Expr:
        """Return the type that a name means, and note its use."""
        text = self.b.text(node)
        own = self.own_type(text)
        if own is not None:
            return own
        name = self.full_name(text)
        self.b.use(name, node.start_point[0])
        return name

    def own_type(self, name: str) -> Expr:
        """Return what `self`, `static` and `parent` mean."""
        if name == "parent":
            return ("S",)
        return ("C",) if name in {"self", "static"} else None

    def _outside(self, name: str, known: dict[str, str], mark: str, tail: str) -> str:
        """Return the full name of a function or constant, which may be global where its namespace has none."""
        if name in known:
            return known[name]
        if "\\" in name:
            outer, _, last = self.full_name(name).rpartition("\\")
            return f"{outer}\\{mark}{last}{tail}"
        return f"?{self.space}\\{mark}{name}{tail}"

    def function_name(self, name: str) -> str:
        """Return the full name of a function."""
        return self._outside(name, self.called, "", "()")

    def constant_name(self, name: str) -> str:
        """Return the full name of a constant."""
        return self._outside(name, self.constants, "const ", "")

    # Types as they are written

    def type_(self, node: Node | None) -> Expr:
        """Return a declared type."""
        if node is None:
            return None
        if node.type == "named_type":
            inner = node.named_children[0] if node.named_child_count else None
            return None if inner is None else self.type_name(inner)
        if node.type == "primitive_type":
            return ("l", self.b.text(node), ())
        return union([self.type_(child) for child in node.named_children])

    def doc_types(self, node: Node) -> dict[str, Expr]:
        """Return the types that the comment before a node gives: by `return`, `var` and the names of parameters."""
        before = node.prev_named_sibling
        while before is not None and before.type == "attribute_list":
            before = before.prev_named_sibling
        if before is None or before.type != "comment" or before.end_point[0] < node.start_point[0] - 1:
            return {}
        found: dict[str, Expr] = {}
        for match in _DOC_TYPE.finditer(self.b.text(before)):
            type_ = self._doc_type(match[2])
            if type_ is not None:
                found[match[3] or match[1] if match[1] == "param" else match[1]] = type_
        return found

    def _doc_type(self, text: str) -> Expr:
        types: list[Expr] = []
        for whole in _split_outside(text.strip("?()"), "|"):
            head, _, given = whole.partition("<")
            part = whole if "[]" in whole else head
            if head.lower().strip("\\") in _CONTAINERS and whole.endswith(">"):
                arguments = _split_outside(given[:-1], ",")
                inner = self._doc_type(arguments[min(1, len(arguments) - 1)].strip())
                types.append(("l", "Array", (("I", inner),)) if inner is not None else None)
            elif part in {"$this", "static", "self"}:
                types.append(("l", "Self", ()))
            elif part.endswith("[]") and "<" not in part:
                inner = self._doc_type(part[:-2])
                types.append(("l", "Array", (("I", inner),)) if inner is not None else None)
            elif re.fullmatch(r"\\?[A-Za-z_][\w\\]*", part) and part.lower() not in _NO_TYPES:
                types.append(self.full_name(part))
            elif part.lower() not in {"null", "false"}:
                return None
        return union(types)


def _split_outside(text: str, sign: str) -> list[str]:
    """Return the parts of a text between signs that stand in no angle brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "<") - (letter == ">")
        if letter == sign and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _kind(node: Node) -> str:
    found = node.child_by_field_name("type")
    if found is not None:
        return found.type
    return next((c.type for c in node.children if c.type in {"function", "const"}), "")
