"""Modules of JavaScript: imports, `require`, and what a file exports under which name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.javascript.functions import JavaScriptFunctions
from noctule.indexer.parse.facts.model import IMPORT, Binding, Expr
from noctule.indexer.parse.languages.javascript import exported_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_DECLARED = frozenset(
    {
        "class_declaration",
        "abstract_class_declaration",
        "function_declaration",
        "generator_function_declaration",
        "lexical_declaration",
        "variable_declaration",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "internal_module",
        "module",
        "function_signature",
        "ambient_declaration",
    }
)


class JavaScriptModules(JavaScriptFunctions):
    """The part of the walk that reads imports and exports."""

    visits: ClassVar = {
        "import_statement": "import_",
        "import_alias": "import_alias",
        "export_statement": "export",
    }

    def import_(self, node: Node) -> Expr:
        """`import a, { b as c } from "module"`, `import * as d from "module"`."""
        b = self.b
        source = node.child_by_field_name("source")
        self._mark_module(node)
        for clause in node.named_children:
            if clause.type == "import_require_clause":  # import a = require("module")
                name, written = clause.named_children[0], clause.named_children[-1]
                self._bind_module(name, b.text(written)[1:-1])
                return None
        if source is None:
            return None
        module = b.text(source)[1:-1]
        b.add_import(module, "", node.start_point[0])
        for clause in node.named_children:
            for part in clause.named_children if clause.type == "import_clause" else ():
                row = part.start_point[0]
                if part.type == "identifier":
                    b.add_import(module, "default", row)
                    b.bind_import(b.text(part), module, "default", row)
                elif part.type == "namespace_import":
                    b.bind_import(b.text(part.named_children[0]), module, None, row)
                else:
                    for name, alias in _specify(part):
                        b.add_import(module, b.text(name), name.start_point[0])
                        b.bind_import(b.text(alias), module, b.text(name), name.start_point[0])
        return None

    def import_alias(self, node: Node) -> Expr:
        """`import a = b.c`: an import of its own where `b` is a module."""
        b = self.b
        name, value = node.named_children[0], self.visit(node.named_children[-1])
        row = name.start_point[0]
        bound = b.scopes[0].names.get(value[1], ()) if isinstance(value, tuple) and isinstance(value[1], str) else ()
        if len(bound) == 1 and bound[0].tag == IMPORT and bound[0].type is None:
            b.add_import(bound[0].value, value[2], row)
            b.bind_import(b.text(name), bound[0].value, value[2], row)
        else:
            b.bind(b.text(name), value, None, row)
        return None

    def _mark_module(self, node: Node) -> None:
        """Note that a file is a module: what it declares at its top is not seen everywhere."""
        if node.parent is None or node.parent.type == "program":  # not in `declare module "name" { ... }`
            self.b.package = "module"

    def export(self, node: Node) -> Expr:
        """`export { a as b } from "module"`, `export * from`, `export default`, or before a declaration."""
        b = self.b
        self._mark_module(node)
        source = node.child_by_field_name("source")
        row = node.start_point[0]
        module = b.text(source)[1:-1] if source is not None else ""
        if source is not None:
            b.add_import(module, "", row)
        is_default = any(child.type == "default" for child in node.children)
        for child in node.children:
            kind = child.type
            if kind == "*":
                b.add_import(module, "*", row, "*")
            elif kind == "namespace_export":
                b.scopes[0].names.setdefault(f"={b.text(child.named_children[0])}", []).append(
                    self._pass_arguments(module, None, row)
                )
            elif kind == "export_clause":
                for name, alias in _specify(child):
                    self._forward(module, b.text(name), b.text(alias), name.start_point[0])
        declared = node.child_by_field_name("declaration") or node.child_by_field_name("value")
        if declared is not None:
            before = len(b.classes), len(b.functions)
            value = self._value(declared, None) if declared.type not in _DECLARED else self.visit(declared)
            if is_default:
                own = declared.child_by_field_name("name")
                if own is not None and declared.type in _DECLARED:
                    b.scopes[0].names.setdefault("=default", []).append(self._pass_arguments("", b.text(own), row))
                elif isinstance(value, str):
                    b.scopes[0].names.setdefault("=default", []).append(self._pass_arguments("", value, row))
                else:
                    if value is None and len(b.classes) > before[0]:
                        value = ("k", before[0])
                    self.export_names(value)
                    b.bind("=default", value, None, row, spelled=exported_name(declared) or "default")
        elif source is None:
            for child in node.named_children:
                if child.type not in {"export_clause", "namespace_export"}:
                    value = self.visit(child)
                    if isinstance(value, str):
                        b.scopes[0].names.setdefault("=default", [self._pass_arguments("", value, row)])
                        if any(part.type == "=" for part in node.children):  # export = value
                            b.scopes[0].names.setdefault("=module", []).append(self._pass_arguments("", value, row))
        return None

    def _forward(self, module: str, name: str, alias: str, row: int) -> None:
        b = self.b
        if module:
            b.add_import(module, name, row, alias)
        else:
            b.use(name, row)
        inner = b.scopes[b.scope].names.get(name) if b.scope and not module else None
        if inner and alias == "default":  # of a namespace that the module is: before what the namespace is called
            b.scopes[0].names["=default"] = list(inner)
            return
        b.scopes[0].names.setdefault(f"={alias}", []).append(self._pass_arguments(module, name, row))

    def _pass_arguments(self, module: str, name: str | None, row: int) -> Binding:
        return Binding(IMPORT, module, name, row, self.b.end, -1, False)

    def _require_call(self, value: Node) -> str | None:
        """Return the module of `require("module")`."""
        if value.type == "await_expression" and value.named_child_count:
            value = value.named_children[0]
        if value.type != "call_expression":
            return None
        function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
        if function is None or arguments is None or self.b.text(function) not in {"require", "import"}:
            return None
        first = arguments.named_children[0] if arguments.named_child_count else None
        return self.b.text(first)[1:-1] if first is not None and first.type == "string" else None

    def _require(self, module: str, row: int) -> str:
        """Return a name that stands for the module of a `require` among other expressions."""
        b = self.b
        name = f"require {module}"
        if name not in b.scopes[0].names:
            b.scopes[0].names[name] = [self._pass_arguments(module, None, row)]
        b.add_import(module, "", row)
        return name

    def _bind_module(self, name: Node, module: str) -> None:
        b = self.b
        row = name.start_point[0]
        if name.type == "identifier":
            b.add_import(module, "", row)
            b.add_import(module, "module", row)  # what `module.exports` is set to
            b.bind_import(b.text(name), module, None, row)
        for child in name.named_children if name.type == "object_pattern" else ():
            key = child.child_by_field_name("key") if child.type == "pair_pattern" else child
            target = child.child_by_field_name("value") if child.type == "pair_pattern" else child
            if target is None or target.type not in {"identifier", "shorthand_property_identifier_pattern"}:
                self._bind_key(child, self._require(module, row))
            elif key is not None:
                b.add_import(module, b.text(key), child.start_point[0])
                b.bind_import(b.text(target), module, b.text(key), child.start_point[0])


def _specify(clause: Node) -> Iterator[tuple[Node, Node]]:
    for child in clause.named_children:
        name = child.child_by_field_name("name")
        if name is not None:
            yield name, child.child_by_field_name("alias") or name
