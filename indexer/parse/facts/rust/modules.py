"""Modules of Rust: what is written in place, what lies in other files, and paths through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr, Scope
from noctule.indexer.parse.facts.rust.items import RustItems
from noctule.indexer.parse.facts.rust.use import leaves, module_path

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

    from noctule.indexer.parse.facts.builder import Builder


class RustModules(RustItems):
    """The part of the walk that reads modules and paths."""

    visits: ClassVar = {
        "use_declaration": "use_",
        "extern_crate_declaration": "extern_crate",
        "mod_item": "mod",
        "self": "self_",
        "crate": "crate",
        "super": "super_",
        "scoped_identifier": "path",
        "scoped_type_identifier": "path",
    }

    def __init__(self, builder: Builder, grammar: Grammar) -> None:
        super().__init__(builder, grammar)
        self.grammar = grammar
        self.modules: list[str] = []

    def _within(self, path: str) -> str:
        """Return a path of modules as the file sees it, though it is written inside of a module in place."""
        return module_path(self.modules, path)

    def use_(self, node: Node) -> Expr:
        """`use a::{b as c, d::*};`"""
        b = self.b
        for path, name, alias, row in leaves(node.child_by_field_name("argument"), b.text):
            module = self._within(path)
            if name == "*":
                b.add_import(module, "*", row, "::".join(self.modules))
                continue
            b.add_import(module, name, row)
            if alias != "_":
                b.bind_import(alias or name or path, module, name or None, row)
        return None

    def extern_crate(self, node: Node) -> Expr:
        """`extern crate a as b;`"""
        b = self.b
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        if name is not None:
            spelled = b.text(name)
            b.add_import(spelled, "", node.start_point[0])
            if spelled != "self":
                b.bind_import(b.text(alias) if alias is not None else spelled, spelled, None, node.start_point[0])
        return None

    def mod(self, node: Node) -> Expr:
        """`mod a;` names a file; `mod a { }` is a scope of its own that sees no name around it."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None:
            return None
        spelled, row = b.text(name), name.start_point[0]
        if body is None:
            module = "mod:" + "::".join([*self.modules, self._file_of(node, spelled)])
            b.add_import(module, "", row)
            b.bind_import(spelled, module, None, row)
            return None
        position = b.add_class(spelled, row, (), "module")
        before, block = b.scope, b.block
        b.scopes.append(Scope(-1, -1, -1, {}))
        b.scope = len(b.scopes) - 1
        b.classes[position] = b.classes[position]._replace(scope=b.scope)
        b.block = None
        self.modules.append(spelled)
        self.inside(body)
        self.modules.pop()
        b.scope, b.block = before, block
        return None

    def _file_of(self, node: Node, name: str) -> str:
        """Return the path that an attribute `#[path = "..."]` gives a module, else its name."""
        before = node.prev_named_sibling
        while before is not None and before.type in {"attribute_item", "line_comment"}:
            text = self.b.text(before)
            if text.startswith("#[path") and '"' in text:
                return "<" + text.split('"')[1] + ">"
            before = before.prev_named_sibling
        return name

    def self_(self, _node: Node) -> Expr:
        """The object; before `::`, the module."""
        return ("s",)

    def crate(self, _node: Node) -> Expr:
        """The root of the crate."""
        return "crate"

    def super_(self, _node: Node) -> Expr:
        """The module around."""
        return self._within("super")

    def path(self, node: Node) -> Expr:
        """`a::b`."""
        outer, last = node.child_by_field_name("path"), node.child_by_field_name("name")
        if last is None:
            return None
        name, row = self.b.text(last), last.start_point[0]
        if outer is None:
            return None
        if outer.type in {"self", "super"} or self.b.text(outer) in {"super::super", "self::super"}:
            receiver: Expr = self._within(self.b.text(outer))
        else:
            receiver = self.visit(outer)
        if name == "super":
            return None
        self.b.use_member(receiver, name, row)
        return self.member(receiver, name)
