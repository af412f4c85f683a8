"""Facts of Ruby: modules and classes that many files write, methods of objects and of classes, and instance variables.

A method is bound as `x()`, one of a class itself as `self x()`. What the owner of a full name declares is listed among
the members of the file, as ("#", that name).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.blocks import union
from noctule.indexer.parse.facts.model import VALUE, Binding, Expr
from noctule.indexer.parse.facts.ruby.branches import RubyBranches

if TYPE_CHECKING:
    from tree_sitter import Node

_ACCESSORS = frozenset({"attr_accessor", "attr_reader", "attr_writer"})
_MIXES = frozenset({"include", "prepend"})
_OPENING = frozenset({"require", "require_relative", "load", "autoload"})


class RubyWalk(RubyBranches):
    """The walk over a Ruby tree."""

    visits: ClassVar = {
        "module": "type_declaration",
        "class": "type_declaration",
        "singleton_class": "singleton_class",
        "method": "method",
        "singleton_method": "method",
        "identifier": "identifier",
        "constant": "constant",
        "scope_resolution": "scope_resolution",
        "call": "call",
        "block": "block",
        "do_block": "block",
        "lambda": "block",
        "assignment": "assignment",
        "operator_assignment": "assignment",
        "instance_variable": "instance_variable",
        "self": "self_",
        "super": "super_",
        "return": "return_",
        "parenthesized_statements": "last_child",
        "block_body": "last_child",
        "then": "last_child",
        "hash": "hash_",
        "argument_list": "last_child",
        "else": "last_child",
        "element_reference": "element",
        "array": "array",
        "string": "string",
        "rescue": "rescue",
        "for": "for_",
        "binary": "binary",
        "alias": "nothing",
        "undef": "nothing",
    }
    leaves: ClassVar = frozenset(
        {
            "comment",
            "integer",
            "float",
            "nil",
            "true",
            "false",
            "simple_symbol",
            "hash_key_symbol",
            "class_variable",
            "global_variable",
            "string_content",
            "escape_sequence",
            "heredoc_beginning",
            "character",
        }
    )

    # Methods

    # Names

    def identifier(self, node: Node) -> Expr:
        """A local variable, else a call of a method of this object."""
        name = self.b.text(node)
        if self.is_local(name):
            return name
        return self._call_own(name, node.start_point[0])

    def is_local(self, name: str) -> bool:
        """Tell whether a name is a local variable; blocks see those at the top of a file, methods do not."""
        b, at = self.b, self.b.scope
        while at > 0 and b.scopes[at].function >= 0 and not b.functions[b.scopes[at].function].name:
            at = b.scopes[at].parent
        at_top = at == 0 and any(bound.tag == VALUE for bound in b.scopes[0].names.get(name, ()))
        return at_top or super().is_local(name)

    def _call_own(self, name: str, row: int) -> Expr:
        if self.is_static and name == "new":
            self.b.use_member(("C",), "initialize()", row)
            return ("I", ("C",))
        spelled = f"self {name}()" if self.is_static and self.spaces else f"{name}()"
        self.b.use(spelled, row)
        return ("c", spelled)

    def constant(self, node: Node) -> Expr:
        """A constant by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def scope_resolution(self, node: Node) -> Expr:
        """`A::B`, `::A`."""
        b = self.b
        outer, last = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if last is None:
            return None
        name, row = b.text(last), last.start_point[0]
        if outer is None:
            b.use(f"::{name}", row)
            return f"::{name}"
        receiver = self.visit(outer)
        b.use_member(receiver, name, row)
        return self.member(receiver, name)

    def self_(self, _node: Node) -> Expr:
        """The object; in the body and the own methods of a class, the class."""
        return ("C",) if self.is_static else ("s",)

    def super_(self, node: Node) -> Expr:
        """The method of that name above."""
        spelled = f"self {self.named}()" if self.is_static else f"{self.named}()"
        if self.named:
            self.b.use_member(("S",), spelled, node.start_point[0])
        return None

    def instance_variable(self, node: Node) -> Expr:
        """`@x`."""
        return None if self.is_static else ("a", ("s",), self.b.text(node))

    # Calls

    def call(self, node: Node) -> Expr:
        """A call of a method."""
        b = self.b
        name, receiver = node.child_by_field_name("method"), node.child_by_field_name("receiver")
        arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
        called: Expr = None
        found: Expr = None
        if name is None or name.type not in {"identifier", "constant"}:
            self.visit(name)
            self.visit(receiver)
        elif receiver is None:
            spelled = b.text(name)
            if self._directive(spelled, arguments, node):
                return None
            if not self.is_local(spelled):
                found = self._call_own(spelled, name.start_point[0])
                called = found[1] if isinstance(found, tuple) and found[0] == "c" else None
        else:
            called, found = self._call_member(name, receiver)
        self.visit(arguments)
        self._pass_symbol(arguments, called)
        if block is not None:
            function = self.block(block, None if called is None else ("p", called, 0))
            if called is not None and found == ("c", called):
                return self.make_call(called, [function])
        return found

    def _pass_symbol(self, arguments: Node | None, called: Expr) -> None:
        """`values.map(&:name)`: a method of each."""
        last = arguments.named_children[-1] if arguments is not None and arguments.named_child_count else None
        symbol = last.named_children[0] if last is not None and last.named_child_count else None
        if last is None or symbol is None or last.type != "block_argument" or symbol.type != "simple_symbol":
            return
        if isinstance(called, tuple) and called[0] == "a":
            passed = called[1] if called[2] == "tap()" else ("e", called[1])
            self.b.use_member(passed, f"{self.b.text(symbol)[1:]}()", symbol.start_point[0])

    def _call_member(self, name: Node, receiver: Node) -> tuple[Expr, Expr]:
        b = self.b
        owner = self.visit(receiver)
        spelled, row = b.text(name), name.start_point[0]
        is_class = receiver.type in {"constant", "scope_resolution"} or owner == ("C",)
        if is_class and spelled == "new":
            b.use_member(owner, "initialize()", row)
            b.use_member(owner, "self new()", row)
            return None, None if owner is None else ("I", owner)
        bound = f"self {spelled}()" if is_class else f"{spelled}()"
        b.use_member(owner, bound, row)
        called = self.member(owner, bound)
        if spelled in {"tap", "freeze", "dup", "clone"} and owner is not None:
            return called, owner
        return called, None if called is None else ("c", called)

    def _directive(self, name: str, arguments: Node | None, node: Node) -> bool:
        """Read what says something of the file or the class around; tell whether it was that."""
        b = self.b
        listed = arguments.named_children if arguments is not None else []
        class_ = b.scopes[b.scope].class_
        if name in _OPENING:
            text = b.text(listed[-1]).strip("\"'") if listed else ""
            if text and listed[-1].type == "string":
                b.add_import(f"./{text}" if name == "require_relative" else text, "", node.start_point[0])
            return True
        if class_ < 0:
            return False
        if name in _MIXES:
            bases = tuple(base for base in self.visit_all(listed) if base is not None)
            whole = b.classes[class_]
            b.classes[class_] = whole._replace(bases=(*bases, *whole.bases))
            return True
        if name in _ACCESSORS:
            for child in listed:
                self._accessor(b.text(child).lstrip(":"), class_, child.start_point[0])
            return True
        return False

    # Values

    def assignment(self, node: Node) -> Expr:
        """`place = value`, `place ||= value`."""
        right = node.child_by_field_name("right")
        if right is not None and right.type == "right_assignment_list":
            value: Expr = ("T", tuple(self.visit_all(right.named_children)))
        else:
            value = self.visit(right)
        self._assign(node.child_by_field_name("left"), value)
        return value

    def _assign(self, node: Node | None, value: Expr) -> None:
        b = self.b
        if node is None:
            return
        row = node.start_point[0]
        if node.type == "identifier":
            b.bind(b.text(node), value, None, row)
        elif node.type == "constant":
            name = b.text(node)
            owner = self.spaces[-1] if self.spaces else ""
            found = Binding(VALUE, value, None, row, b.end, b.find_definition(name, row), False)
            b.members.append((("#", owner), name, found))
        elif node.type == "instance_variable":
            class_ = b.enclosing_class()
            if class_ >= 0 and not self.is_static:
                b.add_field(class_, b.text(node), value, None, row)
        elif node.type in {"left_assignment_list", "destructured_left_assignment"}:
            for position, child in enumerate(node.named_children):
                self._assign(child, None if value is None else ("t", value, position))
        elif node.type == "call":  # a writer
            receiver, method = self.visit(node.child_by_field_name("receiver")), node.child_by_field_name("method")
            if method is not None:
                b.use_member(receiver, f"{b.text(method)}=()", method.start_point[0])
        else:
            self.visit(node)

    def binary(self, node: Node) -> Expr:
        """`a || b`; of other operators nothing is known."""
        values = self.visit_all(node.named_children)
        return union(values) if any(c.type == "||" for c in node.children) else None

    def hash_(self, node: Node) -> Expr:
        """`{ key: value }`: of what it holds something is known where all of it is alike."""
        values = []
        for child in node.named_children:
            found = self.visit_all(child.named_children)
            values += found[-1:] if child.type == "pair" else []
        known = list(dict.fromkeys(value for value in values if value is not None))
        return ("l", "Hash", (None, known[0] if len(known) == 1 else None))

    def string(self, node: Node) -> Expr:
        """A text, with values."""
        self.inside(node)
        return ("l", "String", ())

    def rescue(self, node: Node) -> Expr:
        """`rescue Type => name`."""
        types = [self.last_child(c) for c in node.named_children if c.type == "exceptions"]
        variable = node.child_by_field_name("variable")
        if variable is not None and variable.named_child_count and variable.named_children[0].type == "identifier":
            name = variable.named_children[0]
            made: Expr = ("I", types[0]) if types and types[0] is not None else None
            self.b.bind(self.b.text(name), made, None, name.start_point[0])
        return self.visit(node.child_by_field_name("body"))

    def for_(self, node: Node) -> Expr:
        """`for name in values`."""
        value = self.visit(node.child_by_field_name("value"))
        self._assign(node.child_by_field_name("pattern"), None if value is None else ("e", value))
        self.visit(node.child_by_field_name("body"))
        return None
