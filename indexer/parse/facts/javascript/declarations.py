"""Declarations of JavaScript: variables, assignments, classes with their fields, enumerations and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.javascript.functions import FUNCTIONS
from noctule.indexer.parse.facts.javascript.modules import JavaScriptModules
from noctule.indexer.parse.facts.javascript.prototypes import JavaScriptPrototypes
from noctule.indexer.parse.facts.model import AUGMENTS, VALUE, Expr
from noctule.indexer.parse.languages.javascript import exported_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


class JavaScriptDeclarations(JavaScriptPrototypes, JavaScriptModules):
    """The part of the walk that reads declarations."""

    visits: ClassVar = {
        "assignment_expression": "assignment",
        "augmented_assignment_expression": "assignment",
        "class": "class_value",
        "class_declaration": "class_",
        "abstract_class_declaration": "class_",
        "public_field_definition": "field",
        "field_definition": "field",
        "property_signature": "field",
        "enum_declaration": "enum",
        "variable_declarator": "declarator",
        "internal_module": "namespace",
        "module": "namespace",
    }

    def function(self, node: Node) -> Expr:
        """A function with a name, which may make objects of its own type."""
        name = node.child_by_field_name("name")
        spelled = self.b.text(name) if name is not None and self.b.scope == 0 else ""
        self.owner = self.makers.get(spelled, -1)
        found = super().function(node)
        if spelled in self.makers and isinstance(found, tuple):
            self.make_type(spelled)
        return found

    def declarator(self, node: Node) -> Expr:
        """`const name: Type = value`."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.inside(node)
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        if value is not None and (module := self._require_call(value)) is not None:
            self._bind_module(name, module)
            return None
        spelled = self.b.text(name) if name.type == "identifier" else ""
        definition = self.b.find_definition(spelled, name.start_point[0]) if spelled else -1
        is_var = node.parent is not None and node.parent.type == "variable_declaration"
        if type_ is None and self.notes:
            type_ = self.take_type((node.parent or node).start_point[0])
        is_maker = self.b.scope == 0 and spelled in self.makers and value is not None and value.type in FUNCTIONS
        self.owner = self.makers[spelled] if is_maker else -1
        found = self._value(value, type_, spelled, definition)
        self._bind(name, found, type_, is_var=is_var)
        if is_maker:
            self.make_type(spelled)
        return None

    def assignment(self, node: Node) -> Expr:
        """`name = value`, `this.name = value`, `exports.name = value`."""
        b = self.b
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None:
            return self.inside(node)
        if left.type == "identifier":
            b.end_narrowing(b.text(left), node)
        target = self.visit(left) if left.type not in {"object_pattern", "array_pattern"} else None
        receiver = target[1] if left.type == "member_expression" and isinstance(target, tuple) else None
        told = self.take_type(left.start_point[0]) if self.notes else None
        owner = self.find_receiver(receiver) if b.scope == 0 else -1
        self.owner = owner if right is not None and right.type in FUNCTIONS else -1
        value = self._value(right, target if target is not None and left.type == "member_expression" else None)
        row = left.start_point[0]
        if left.type == "identifier":
            self._assign_name(b.text(left), value, row)
        elif left.type == "member_expression" and isinstance(target, tuple) and target[0] == "a":
            name = target[2]
            if receiver == ("s",):
                class_ = self._enclosing_class()
                if class_ >= 0:
                    b.add_field(class_, name, value, told, row)
            elif receiver in ("exports", ("a", "module", "exports")) and b.scope == 0:
                self._export_value(f"={name}", value, row, name)
            elif target == ("a", "module", "exports"):
                self.export_names(value)
                if isinstance(value, str):
                    b.scopes[0].names.setdefault("=module", []).append(self._pass_arguments("", value, row))
                else:
                    named = exported_name(right) if right is not None else ""
                    b.bind("=module", value, None, row, spelled=named or "exports")
            elif owner >= 0:
                self.set_member(owner, name, value, row)
            elif b.scope == 0 and isinstance(receiver, str) and name != "prototype" and self.has_statics(receiver):
                self._export_value(f"{receiver}.{name}", value, row, name)
            elif name == "prototype" and receiver in self.makers and isinstance(receiver, str):
                self._set_prototype(self.makers[receiver], right, value)
        elif left.type in {"object_pattern", "array_pattern"}:
            self._bind(left, value, None)
        return value

    def _export_value(self, key: str, value: Expr, row: int, name: str) -> None:
        """Bind what is set on a module, class or function under a name; it may pass on what has a name of its own."""
        passed: tuple[str, str] | None = ("", value) if isinstance(value, str) else None
        if isinstance(value, tuple) and value[0] == "a":
            imported = self.find_import(value[1])
            if imported is not None and imported.type is None:
                passed = (imported.value, value[2])
        if passed is None:
            self.b.bind(key, value, None, row, spelled=name)
        else:
            self.b.scopes[0].names.setdefault(key, []).append(self._pass_arguments(*passed, row))

    def _set_prototype(self, owner: int, right: Node | None, value: Expr) -> None:
        """`A.prototype = { ... }`, `A.prototype = Object.create(B.prototype)`, `A.prototype = new B()`."""
        arguments = right.child_by_field_name("arguments") if right is not None else None
        first = arguments.named_children[0] if arguments is not None and arguments.named_child_count else None
        if right is not None and right.type == "call_expression" and first is not None:
            name, _, last = self.b.text(first).rpartition(".")
            value = name if last == "prototype" and name.isidentifier() else None
            self.add_base(owner, value)
        elif value is not None:
            self.add_base(owner, ("C?", value))

    def _assign_name(self, name: str, value: Expr, row: int) -> None:
        b = self.b
        self.told = {told: known for told, known in self.told.items() if told != name}
        scope = b.scope
        while scope >= 0:
            bound = b.scopes[scope].names.get(name)
            if bound is not None:
                first = bound[0]
                if value is not None and first.tag == VALUE and first.type is None and len(bound) < 6:
                    b.bind(
                        name,
                        value,
                        None,
                        row,
                        scope=scope,
                        scoped=first.scoped,
                        start=row if not first.scoped else None,
                    )
                return
            scope = b.scopes[scope].parent

    def _enclosing_class(self) -> int:
        scope = self.b.scope
        while scope >= 0:
            looked = self.b.scopes[scope]
            class_ = self.b.functions[looked.function].class_ if looked.function >= 0 else looked.class_
            if class_ >= 0:
                return class_
            scope = self.b.scopes[scope].parent
        return -1

    def class_(self, node: Node) -> Expr:
        """A class."""
        name = node.child_by_field_name("name")
        return self._class(node, name, bound=True)

    def class_value(self, node: Node) -> Expr:
        """A class that is written down as a value."""
        return self._class(node, node.child_by_field_name("name"), bound=False)

    def _class(self, node: Node, name: Node | None, *, bound: bool) -> Expr:
        b = self.b
        bases: list[Expr] = []
        for child in node.named_children:
            if child.type == "class_heritage":
                bases = list(self._heritage(child))
            elif child.type == "decorator":
                self.visit(child)
        spelled = b.text(name) if name is not None else ""
        parameters = node.child_by_field_name("type_parameters")
        names = self._type_parameters(parameters)
        position = b.add_class(spelled, (name or node).start_point[0], bases, "class", names, bound=bound, **b.here())
        before, end, block, around = b.enter_class(position), b.end, b.block, self.around
        b.end, b.block, self.around = node.end_point[0], None, names
        self._bind_bounds()
        self.visit(node.child_by_field_name("body"))
        b.close(before)
        b.end, b.block, self.around = end, block, around
        return ("k", position)

    def _heritage(self, node: Node) -> Iterator[Expr]:
        for child in node.named_children:
            if child.type in {"extends_clause", "implements_clause"}:
                parts = child.named_children
                for position, part in enumerate(parts):
                    if part.type != "type_arguments":
                        base = self.visit(part)
                        after = parts[position + 1] if position + 1 < len(parts) else None
                        if after is not None and after.type == "type_arguments":
                            base = ("i", base, tuple(self.visit_all(after.named_children)))
                        yield base
            else:
                yield self.visit(child)

    def field(self, node: Node) -> Expr:
        """A field of a class, or a property of an interface."""
        b = self.b
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        spelled = self._key(name)
        type_ = self.visit(node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        if type_ is None and self.notes:
            type_ = self.take_type(node.start_point[0])
        is_constant = type_ is None and value is not None and any(child.type == "readonly" for child in node.children)
        found = self.constant(value) if is_constant and value is not None else self._value(value, type_)
        if not spelled and type_ is not None and name is not None and name.type == "computed_property_name":
            b.bind("[]", None, type_, name.start_point[0])
        if spelled and name is not None and b.scopes[b.scope].class_ >= 0:
            b.bind(spelled, found, type_, name.start_point[0])
        return None

    def enum(self, node: Node) -> Expr:
        """An enumeration: its members are of it."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return None
        position = b.add_class(b.text(name), name.start_point[0], (), "enum", **b.here())
        before = b.enter_class(position)
        for child in body.named_children:
            member = child.child_by_field_name("name") if child.type == "enum_assignment" else child
            if member is not None and member.type == "property_identifier":
                b.bind(b.text(member), ("I", ("k", position)), None, member.start_point[0])
            if child.type == "enum_assignment":
                self.visit(child.child_by_field_name("value"))
        b.close(before)
        return None

    def _augment(self, module: str, body: Node) -> Expr:
        """`declare module "name" { interface A { } }`: more members of an interface of that module."""
        b = self.b
        first = len(b.classes)
        self.visit(body)
        for class_ in b.classes[first:]:
            if class_.kind == "interface":
                b.add_import(module, class_.name, body.start_point[0], AUGMENTS)
        return None

    def namespace(self, node: Node) -> Expr:
        """`namespace a { }`: seen as a class with static members."""
        b = self.b
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and name.type == "string" and body is not None:
            return self._augment(b.text(name)[1:-1], body)
        if name is None or body is None:
            self.visit(body)
            return None
        position = b.add_class(b.text(name), name.start_point[0], (), "module", **b.here())
        before, block = b.enter_class(position), b.block
        b.block = None
        self.inside(body)
        b.close(before)
        b.block = block
        return None
