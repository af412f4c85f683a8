"""Facts of Rust's modules: what `use` takes, and modules in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import Expr, Scope
from noctule.indexer.parse.facts.rust.items import RustItems
from noctule.indexer.parse.facts.rust.use import leaves, module_path

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

    from noctule.indexer.parse.facts.builder import Builder


class RustModules(RustItems):
    """The part of the walk over a Rust tree that reads modules."""

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
            module = "mod:" + "::".join([*self.modules, self._module_spelling(node, spelled)])
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

    def _module_spelling(self, node: Node, name: str) -> str:
        """Return the path that an attribute `#[path = "..."]` gives a module, else its name."""
        before = node.prev_named_sibling
        while before is not None and before.type in {"attribute_item", "line_comment"}:
            text = self.b.text(before)
            if text.startswith("#[path") and '"' in text:
                return "<" + text.split('"')[1] + ">"
            before = before.prev_named_sibling
        return name
