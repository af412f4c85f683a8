"""Facts of shells: functions, the commands that call them, and the files that are sourced."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import BlockWalk
from noctule.indexer.parse.facts.model import FUNCTION, Binding, Expr
from noctule.indexer.parse.languages.bash import source_path

if TYPE_CHECKING:
    from tree_sitter import Node


class BashWalk(BlockWalk):
    """The walk over a tree of a shell. A function is bound as `name()`, a variable of the file as `name`."""

    visits: ClassVar = {
        "function_definition": "function",
        "command": "command",
        "variable_assignment": "assignment",
        "variable_name": "variable",
        "declaration_command": "declaration",
    }
    leaves: ClassVar = frozenset({"comment", "raw_string", "word", "heredoc_body", "number", "special_variable_name"})

    def function(self, node: Node) -> Expr:
        """`name() { }`: it may be called in all that follows, in whatever scope it stands."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        spelled, row = b.text(name), name.start_point[0]
        position = b.add_function(spelled, row, -1, 0, bound=False)
        found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
        b.scopes[0].names.setdefault(f"{spelled}()", []).append(found)
        body = node.child_by_field_name("body")
        if body is not None:
            self.in_function(position, node, lambda: self.inside(body))
        return None

    def command(self, node: Node) -> Expr:
        """`name argument`; `source file`."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None:
            spelled, row = b.text(name), name.start_point[0]
            if spelled in {"source", "."}:
                module = source_path(b.text(node))
                if module:
                    b.add_import(module, "", row)
            elif spelled.replace("_", "a").replace("-", "a").replace(":", "a").replace(".", "a").isalnum():
                b.use(f"{spelled}()", row)
            if spelled == "trap":  # runs a function by its name
                handler = next((child for child in node.children_by_field_name("argument")), None)
                if handler is not None and handler.type == "word":
                    b.use(f"{b.text(handler)}()", row)
        self.inside(node)
        return None

    def assignment(self, node: Node) -> Expr:
        """`name=value`."""
        name = node.child_by_field_name("name")
        if name is not None and name.type == "variable_name":
            spelled = self.b.text(name)
            if self.b.scopes[self.b.scope].function < 0 or not self.is_local(spelled):
                self.b.bind(spelled, None, None, name.start_point[0], scope=0)
        self.visit(node.child_by_field_name("value"))
        return None

    def declaration(self, node: Node) -> Expr:
        """`local name=value` hides a name of the file."""
        b = self.b
        is_local = bool(node.children) and node.children[0].type in {"local", "declare", "typeset"}
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "variable_assignment" else child
            if is_local and name is not None and name.type == "variable_name" and b.scopes[b.scope].function >= 0:
                b.bind(b.text(name), None, None, name.start_point[0])
            if child.type == "variable_assignment":
                self.visit(child)
        return None

    def variable(self, node: Node) -> Expr:
        """`$name`."""
        self.b.use(self.b.text(node), node.start_point[0])
        return None
