"""Declarations of C and C++: variables, prototypes, functions, namespaces, and the blocks that names are seen in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.c.types import CTypes
from noctule.indexer.parse.facts.model import CONSTRUCTOR, FUNCTION, IS_DECLARATION, IS_PRIVATE, Binding, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


class CDeclarations(CTypes):
    """The part of the walk that reads declarations."""

    visits: ClassVar = {
        "function_definition": "function",
        "declaration": "declaration",
        "field_declaration": "declaration",
        "namespace_definition": "namespace",
        "using_declaration": "using",
        "compound_statement": "block",
        "for_statement": "block",
        "for_range_loop": "for_range",
        "if_statement": "block",
        "while_statement": "block",
        "lambda_expression": "lambda_",
        "catch_clause": "block",
        "labeled_statement": "label_statement",
    }

    def declaration(self, node: Node) -> Expr:
        """Variables, prototypes and fields."""
        b = self.b
        written = node.child_by_field_name("type")
        type_ = self.visit(written)
        static = any(child.type == "storage_class_specifier" and b.text(child) == "static" for child in node.children)
        for declarator in node.children_by_field_name("declarator"):
            name, function, _, value = self._peel(declarator)
            if function is not None and name is not None:
                self._prototype(name, function, type_, static=static)
                continue
            found = self._value(value, type_)
            if name is not None:
                hidden = static and b.scope == 0 and b.language == "c"
                block = (0, b.end) if hidden else b.block
                b.bind(
                    b.text(name),
                    found,
                    type_,
                    name.start_point[0],
                    scoped=block is not None,
                    start=0 if hidden else None,
                    end=block[1] if block else None,
                )
        self._value(node.child_by_field_name("default_value"), type_)
        return None

    def _prototype(self, name: Node, function: Node, returns: Expr, *, static: bool) -> None:
        b = self.b
        class_ = b.scopes[b.scope].class_
        flags = IS_DECLARATION | (IS_PRIVATE if static and class_ < 0 else 0)
        spelled = b.text(name)
        is_constructor = class_ >= 0 and b.classes[class_].name == spelled
        position = b.add_function(spelled, name.start_point[0], class_, flags, bound=not is_constructor)
        before = b.enter_function(position)
        parameters = self._parameters(function, bind=True)
        b.close(before)
        b.set_function(position, returns, [], flags, parameters)

    def function(self, node: Node) -> Expr:
        """A function with its body."""
        b = self.b
        declarator = node.child_by_field_name("declarator")
        returns = self.visit(node.child_by_field_name("type"))
        if declarator is None:
            return self.inside(node)
        name, function, owners, _ = self._peel(declarator)
        if name is None or function is None:
            return self.inside(node)
        generic, self.template_names = self.template_names, ()
        static = any(child.type == "storage_class_specifier" and b.text(child) == "static" for child in node.children)
        spelled, row = b.text(name), name.start_point[0]
        class_ = b.scopes[b.scope].class_
        flags = IS_PRIVATE if static and class_ < 0 else 0
        owner = next((o for o in reversed(owners) if o is not None), None)
        is_constructor = class_ >= 0 and b.classes[class_].name == spelled  # in its class, the name is the class
        position = b.add_function(spelled, row, class_, flags, bound=owner is None and not is_constructor)
        if owner is not None:
            last = owner
            while isinstance(last, tuple):
                last = last[2] if last[0] == "a" else last[1]
            bound = CONSTRUCTOR if last == spelled else spelled
            b.members.append(
                (last, bound, Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False))
            )
        b.functions[position] = b.functions[position]._replace(generic=generic)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        parameters = self._parameters(function, bind=True)
        for child in node.named_children:
            if child.type == "field_initializer_list":
                self.inside(child)
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, returns, [], flags, parameters)
        return None

    def lambda_(self, node: Node) -> Expr:
        """A function without a name."""
        b = self.b
        position = b.add_function("", node.start_point[0], -1, 0, bound=False)
        before, end, block = b.enter_function(position), b.end, b.block
        b.end, b.block = node.end_point[0], None
        declarator = node.child_by_field_name("declarator")
        names = self._parameters(declarator, bind=True) if declarator is not None else []
        body = node.child_by_field_name("body")
        if body is not None:
            self.inside(body)
        b.close(before)
        b.end, b.block = end, block
        b.set_function(position, None, [], 0, names)
        return ("d", position)

    def namespace(self, node: Node) -> Expr:
        """A namespace: its names are the file's; the namespace itself is a name before `::`."""
        b = self.b
        name = node.child_by_field_name("name")
        if name is not None:
            for part in name.named_children or [name]:
                b.members.append(
                    (
                        "namespace",
                        b.text(part),
                        Binding(0, None, None, part.start_point[0], node.end_point[0], -1, False),
                    )
                )
        self.visit(node.child_by_field_name("body"))
        return None

    def using(self, node: Node) -> Expr:
        """`using name::inner;`, `using namespace name;`: what a namespace declares is seen without it."""
        b = self.b
        if any(child.type == "namespace" for child in node.children):
            row, end = node.start_point[0], b.block[1] if b.block else b.end
            for part in b.text(node.named_children[-1]).split("::"):
                b.members.append(("using namespace", part.strip(), Binding(0, None, None, row, end, -1, False)))
        else:
            space, _, name = b.text(node.named_children[-1]).rpartition("::")
            if space and name.isidentifier() and b.scopes[b.scope].class_ < 0:
                b.bind_import(name, f"using {space}", name, node.start_point[0])
        return self.inside(node)

    def for_range(self, node: Node) -> Expr:
        """`for (type name : values)`."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        type_ = self.visit(node.child_by_field_name("type"))
        value = self.visit(node.child_by_field_name("right"))
        declarator = node.child_by_field_name("declarator")
        name = self._peel(declarator)[0] if declarator is not None else None
        if name is not None:
            b.bind(
                b.text(name),
                ("e", value) if value is not None else None,
                type_,
                name.start_point[0],
                scoped=True,
                end=b.block[1],
            )
        elif declarator is not None and value is not None:
            parts = [n for n in _descend(declarator) if n.type == "identifier"]
            for position, part in enumerate(parts):
                item = ("t", ("e", value), position)
                b.bind(b.text(part), item, None, part.start_point[0], scoped=True, end=b.block[1])
        self.visit(node.child_by_field_name("body"))
        b.block = block
        return None


def _descend(declarator: Node) -> list[Node]:
    """Return what a declarator of several names holds, also behind a reference."""
    if declarator.type == "reference_declarator" and declarator.named_child_count:
        declarator = declarator.named_children[0]
    return declarator.named_children if declarator.type == "structured_binding_declarator" else []
