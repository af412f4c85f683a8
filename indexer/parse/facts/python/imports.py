"""Imports of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.model import Expr
from noctule.indexer.parse.facts.walk import TreeWalk

if TYPE_CHECKING:
    from tree_sitter import Node


class PythonImports(TreeWalk):
    """The part of the walk that reads imports."""

    visits: ClassVar = {
        "import_statement": "import_",
        "import_from_statement": "import_from_statement",
        "future_import_statement": "nothing",
    }

    def import_(self, node: Node) -> Expr:
        """`import a.b`, `import a.b as c`."""
        b = self.b
        for child in node.named_children:
            row = child.start_point[0]
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is None:
                continue
            module = b.text(name)
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else None
            b.add_import(module, "", row)
            if alias is not None:
                b.bind_import(b.text(alias), module, None, row)
            else:
                b.bind_import(module.partition(".")[0], module.partition(".")[0], None, row)
        return None

    def import_from_statement(self, node: Node) -> Expr:
        """`from a import b as c`, `from a import *`."""
        b = self.b
        source = node.child_by_field_name("module_name")
        module = "".join(b.text(source).split()) if source is not None else ""
        row = node.start_point[0]
        if any(child.type == "wildcard_import" for child in node.named_children):
            b.add_import(module, "*", row)
            return None
        for child in node.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            alias = child.child_by_field_name("alias") if child.type == "aliased_import" else child
            if name is not None and alias is not None:
                at = name.start_point[0]
                b.add_import(module, b.text(name), at)
                b.bind_import(b.text(alias), module, b.text(name), at)
        return None
