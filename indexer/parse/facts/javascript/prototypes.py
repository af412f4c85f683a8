"""Types of JavaScript that functions make: what is set on a prototype or on an object belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.javascript.functions import FUNCTIONS, JavaScriptFunctions, shape_of
from noctule.indexer.parse.facts.model import CLASS, FUNCTION, VALUE, Expr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


class JavaScriptPrototypes(JavaScriptFunctions):
    """The part of the walk that reads assignments to prototypes and to objects."""

    makers: dict[str, int]
    """The types that functions at the top make, by the names of these."""

    def find_makers(self, root: Node) -> None:
        """Note which functions at the top have a prototype with members: each of them is a type, too."""
        self.makers = {}
        if b".prototype" not in self.b.source:
            return
        named = {name for child in root.named_children for name in self._set_prototypes(child)}
        for child in root.named_children if named else ():
            for name, function in _declared_functions(child):
                spelled = self.b.text(name)
                if spelled in named and function.type != "arrow_function":
                    position = self.b.add_class(spelled, name.start_point[0], (), "class", bound=False)
                    self.b.close(self.b.enter_class(position))
                    self.makers[spelled] = position

    def _set_prototypes(self, statement: Node) -> Iterator[str]:
        """Yield `A` of `A.prototype.name = ...`, `A.prototype = ...` and `Object.assign(A.prototype, ...)`."""
        if statement.type != "expression_statement" or not statement.named_child_count:
            return
        inner = statement.named_children[0]
        if inner.type == "assignment_expression":
            places = [inner.child_by_field_name("left")]
        elif inner.type == "call_expression":
            arguments = inner.child_by_field_name("arguments")
            places = list(arguments.named_children[:1]) if arguments is not None else []
        else:
            return
        for place in places:
            parts = self.b.text(place).split(".") if place is not None and place.type == "member_expression" else []
            if len(parts) in {2, 3} and parts[1] == "prototype":
                yield parts[0]

    def make_type(self, name: str) -> None:
        """Say that a function which was just bound makes objects of its own type."""
        bound = self.b.scopes[0].names[name]
        bound[-1] = bound[-1]._replace(tag=CLASS, value=self.makers[name], type=None)

    def find_receiver(self, receiver: Expr) -> int:
        """Return the type whose members are set on a receiver at the top of the file; -1 where there is none."""
        if isinstance(receiver, tuple) and receiver[0] == "a" and receiver[2] == "prototype":
            return self.makers.get(receiver[1], -1) if isinstance(receiver[1], str) else -1
        bound = self.b.scopes[0].names.get(receiver, ()) if isinstance(receiver, str) else ()
        if len(bound) != 1 or bound[0].tag != VALUE or bound[0].type is not None:
            return -1
        return shape_of(bound[0].value)

    def has_statics(self, name: str) -> bool:
        """Tell whether a name at the top of the file is a class or a function, on which members may be set."""
        bound = self.b.scopes[0].names.get(name, ())
        if len(bound) == 1 and bound[0].tag == VALUE:
            value = bound[0].value
            return isinstance(value, tuple) and value[0] in {"d", "k"}
        return len(bound) == 1 and bound[0].tag in {CLASS, FUNCTION}

    def set_member(self, owner: int, name: str, value: Expr, row: int) -> None:
        """Say that objects of a type have a member which is set from outside."""
        scope = self.b.classes[owner].scope
        if isinstance(value, tuple) and value[0] == "d":
            self.b.bind(name, value[1], None, row, tag=FUNCTION, scope=scope)
        else:
            self.b.bind(name, value, None, row, scope=scope)

    def add_base(self, owner: int, base: Expr) -> None:
        """Say that the objects of a type have the members of another one, too."""
        known = self.b.classes[owner]
        if base is not None:
            self.b.classes[owner] = known._replace(bases=(*known.bases, base))


def _declared_functions(statement: Node) -> Iterator[tuple[Node, Node]]:
    if statement.type == "function_declaration":
        name = statement.child_by_field_name("name")
        if name is not None:
            yield name, statement
    elif statement.type in {"variable_declaration", "lexical_declaration"}:
        for child in statement.named_children:
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None and name.type == "identifier" and value is not None and value.type in FUNCTIONS:
                yield name, value
