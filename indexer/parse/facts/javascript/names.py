"""Names of JavaScript: uses, patterns that bind them, and conditions that narrow what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import unite
from noctule.indexer.parse.facts.javascript.unions import JavaScriptUnions
from noctule.indexer.parse.facts.model import IMPORT, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class JavaScriptNames(JavaScriptUnions):
    """The part of the walk that uses and binds names."""

    visits: ClassVar = {
        "identifier": "identifier",
        "shorthand_property_identifier": "identifier",
        "member_expression": "member_",
        "nested_identifier": "member_",
        "subscript_expression": "subscript",
        "this": "this",
        "super": "super_",
        "meta_property": "meta",
    }

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return self.narrow_union(name) if self.told else name

    def member_(self, node: Node) -> Expr:
        """A name after a dot."""
        receiver = self.visit(node.named_children[0])
        last = node.named_children[-1]
        name = self.b.text(last)
        if name != "constructor":  # the class of any object
            self.b.use_member(receiver, name, last.start_point[0])
        return self.member(receiver, name)

    def subscript(self, node: Node) -> Expr:
        """An element; under a text that is written there, a member."""
        base = self.visit(node.child_by_field_name("object"))
        index = node.child_by_field_name("index")
        self.visit(index)
        if base is None or index is None:
            return None
        if index.type == "string":
            name = self.b.text(index)[1:-1]
            self.b.use_member(base, name, index.start_point[0])
            return self.member(base, name)
        number = self.b.text(index) if index.type == "number" else ""
        return ("i", base, (), int(number)) if len(number) == 1 and number.isdecimal() else ("i", base, ())

    def meta(self, node: Node) -> Expr:
        """`import.meta`, of which declarations say what it has."""
        return ("I", "ImportMeta") if self.b.text(node) == "import.meta" else None

    def _key(self, key: Node | None) -> str:
        if key is None:
            return ""
        if key.type in {"property_identifier", "private_property_identifier"}:
            return self.b.text(key)
        if key.type == "string":
            return self.b.text(key)[1:-1]
        self.visit(key)
        return ""

    def _bind(self, pattern: Node, value: Expr, type_: Expr, *, is_var: bool = False) -> None:
        """Bind the names of a pattern to a value or to parts of it."""
        b = self.b
        kind = pattern.type
        row = pattern.start_point[0]
        if kind in {"identifier", "shorthand_property_identifier_pattern"}:
            block = None if is_var else b.block
            start = block[0] if block else None
            b.bind(
                b.text(pattern),
                value,
                type_,
                row,
                scoped=block is not None,
                start=start,
                end=block[1] if block else None,
            )
            return
        whole = ("I", type_) if type_ is not None else value
        if kind == "object_pattern":
            for child in pattern.named_children:
                if not isinstance(whole, str) or not self._import_key(child, whole):
                    self._bind_key(child, whole)
        elif kind == "array_pattern":
            position = 0
            for child in pattern.children:
                position += child.type == ","  # a place may be left empty
                if child.type == "rest_pattern":
                    rest = None if whole is None else ("l", "Array", (("e", whole),))
                    self._bind(child.named_children[0], rest, None)
                elif child.is_named:
                    self._bind(child, None if whole is None else ("t", whole, position), None)
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            default = self.visit(pattern.named_children[-1])
            self._bind(pattern.named_children[0], unite([whole, default]), None)
        elif kind == "rest_pattern":
            for child in pattern.named_children:
                self._bind(child, whole, None)
        elif kind not in {"comment"}:
            self.visit(pattern)

    def find_import(self, name: Expr) -> Binding | None:
        """Return the import at the top of the file that a name stands for here, if it is one."""
        scopes, scope = self.b.scopes, self.b.scope
        while isinstance(name, str) and scope > 0 and name not in scopes[scope].names:
            scope = scopes[scope].parent
        bound = scopes[0].names.get(name, ()) if isinstance(name, str) and not scope else ()
        return bound[0] if len(bound) == 1 and bound[0].tag == IMPORT else None

    def _import_key(self, child: Node, module: Expr) -> bool:
        """Bind what is taken out of a whole module as an import of its own; tell whether it was."""
        b = self.b
        imported = self.find_import(module) if b.block is None else None
        is_pair = child.type == "pair_pattern"
        key = child.child_by_field_name("key") if is_pair else child
        target = child.child_by_field_name("value") if is_pair else child
        if imported is None or imported.type is not None or key is None or target is None:
            return False
        if target.type not in {"identifier", "shorthand_property_identifier_pattern"}:
            return False
        row = child.start_point[0]
        b.add_import(imported.value, b.text(key), row)
        b.bind_import(b.text(target), imported.value, b.text(key), row)
        return True

    def _bind_key(self, child: Node, whole: Expr) -> None:
        b = self.b
        row = child.start_point[0]
        target: Node | None = child
        default: Expr = None
        if child.type == "object_assignment_pattern":
            default = self.visit(child.named_children[-1])
            target = child.named_children[0]
        if child.type == "pair_pattern":
            name = self._key(child.child_by_field_name("key"))
            target = child.child_by_field_name("value")
        elif child.type == "rest_pattern":
            self._bind(child.named_children[0], whole, None)
            return
        elif target is not None and target.type == "shorthand_property_identifier_pattern":
            name = b.text(target)
        else:
            return
        part = self.member(whole, name) if name else None
        if name:
            b.use_member(whole, name, row)
        if target is not None:
            self._bind(target, unite([part, default]), None)

    def _narrow(self, condition: Node | None, where: Node) -> None:
        if condition is None:
            return
        if condition.type == "parenthesized_expression" or (
            condition.type == "binary_expression" and any(c.type == "&&" for c in condition.children)
        ):
            for child in condition.named_children:
                self._narrow(child, where)
        elif condition.type == "binary_expression" and any(c.type == "instanceof" for c in condition.children):
            name, type_ = condition.named_children[0], condition.named_children[-1]
            if name.type == "identifier" and type_.type == "identifier":
                self.b.narrow(self.b.text(name), self.b.text(type_), where.start_point[0], where.end_point[0])
