"""The walk that all front ends share: a node goes to the method that its kind names. Knows no language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.builder import DEEPEST_EXPRESSION, Builder, depth
from noctule.indexer.parse.facts.model import Expr

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

Visit = Callable[["TreeWalk", "Node"], Expr]
MOST_ARGUMENTS, DEEPEST_ARGUMENT = 4, 6
"""Arguments beyond these say nothing of what a call gives: it would not pay to keep them."""


class TreeWalk:
    """One pass over a tree. `visit` returns the expression that a node is, and notes on the way what it uses.

    A front end names the node kinds that mean something in `visits`, each with the name of its method; the children of
    all others are visited in order. `leaves` are not entered. A front end may be made of several classes, each of them
    with the kinds that its own methods visit.
    """

    visits: ClassVar[Mapping[str, str]] = {}
    leaves: ClassVar[frozenset[str]] = frozenset()
    _tables: ClassVar[dict[tuple[type, int], list[Visit | None]]] = {}

    def __init__(self, builder: Builder, grammar: Grammar) -> None:
        self.b = builder
        self._table = self._make_table(grammar)

    @classmethod
    def _make_table(cls, grammar: Grammar) -> list[Visit | None]:
        key = (cls, id(grammar))
        table = cls._tables.get(key)
        if table is None:
            parts = [vars(part).get("visits", {}) for part in reversed(cls.__mro__)]
            visits: dict[str, str] = {kind: method for part in parts for kind, method in part.items()}
            # Long enough for the kind of an error, which is the largest number there is: no look is worth a test.
            table = cls._tables[key] = [TreeWalk.inside] * (1 << 16)
            for kind in range(grammar.node_kind_count):
                name = grammar.node_kind_for_id(kind) or ""
                if name in cls.leaves:
                    table[kind] = None
                elif name in visits and grammar.node_kind_is_named(kind):
                    table[kind] = getattr(cls, visits[name])
        return table

    def run(self, root: Node) -> None:
        """Visit the whole tree."""
        self.inside(root)

    def visit(self, node: Node | None) -> Expr:
        """Visit a node, if there is one."""
        if node is not None and (visit := self._table[node.kind_id]) is not None:
            return visit(self, node)
        return None

    def inside(self, node: Node) -> Expr:
        """Visit the children of a node that means nothing itself."""
        table = self._table
        for child in node.named_children:
            visit = table[child.kind_id]
            if visit is not None:
                visit(self, child)
        return None

    def visit_all(self, nodes: Iterable[Node]) -> list[Expr]:
        """Visit nodes in order."""
        table = self._table
        return [visit(self, node) if (visit := table[node.kind_id]) is not None else None for node in nodes]

    def only_child(self, node: Node) -> Expr:
        """Pass on what the first child is; visit the others."""
        found = None
        for position, child in enumerate(node.named_children):
            value = self.visit(child)
            if not position:
                found = value
        return found

    def last_child(self, node: Node) -> Expr:
        """What the last child is."""
        found = None
        for child in node.named_children:
            found = self.visit(child)
        return found

    def type_field(self, node: Node) -> Expr:
        """What stands in the field for a type."""
        return self.visit(node.child_by_field_name("type"))

    def nothing(self, _node: Node) -> Expr:
        """Skip."""
        return None

    casts: Mapping[str, Expr] = {}
    """What names are known to be of in the part of an expression that is visited."""

    def visit_cast(self, node: Node | None, casts: Mapping[str, Expr]) -> Expr:
        """Visit a part of an expression where names are known to be of some types."""
        before, self.casts = self.casts, {**self.casts, **casts}
        found = self.visit(node)
        self.casts = before
        return found

    def forget_cast(self, name: str, node: Node) -> None:
        """A name is assigned to: what conditions told of it holds no longer."""
        self.b.end_narrowing(name, node)
        if name in self.casts:
            self.casts = {other: known for other, known in self.casts.items() if other != name}

    # What many languages have

    def identifier(self, node: Node) -> Expr:
        """A name by itself."""
        name = self.b.text(node)
        self.b.use(name, node.start_point[0])
        return name

    def string(self, _node: Node) -> Expr:
        """A text."""
        return ("l", "string", ())

    def interpolation(self, node: Node) -> Expr:
        """A text with code in it."""
        self.inside(node)
        return ("l", "string", ())

    def this(self, _node: Node) -> Expr:
        """The object."""
        return ("s",)

    def super_(self, _node: Node) -> Expr:
        """The object, seen as its base."""
        return ("S",)

    def element(self, node: Node) -> Expr:
        """`value[index]`."""
        values = self.visit_all(node.named_children)
        return ("i", values[0], ()) if values and values[0] is not None else None

    def tuple_(self, node: Node) -> Expr:
        """`(a, b)`."""
        return ("T", tuple(self.visit_all(node.named_children)[:8]))

    def tuple_type(self, node: Node) -> Expr:
        """`(A, B)` as a type."""
        return ("T", tuple(("I", t) for t in self.visit_all(node.named_children)[:8]))

    def await_(self, node: Node) -> Expr:
        """`await value`."""
        value = self.only_child(node)
        return None if value is None else ("y", value)

    def lambda_(self, node: Node, _context: Expr = None) -> Expr:
        """A function without a name; the context is what is expected of it."""
        return self.inside(node)

    def label_statement(self, node: Node) -> Expr:
        """Visit a statement behind its label."""
        self.visit_all(node.named_children[1:])
        return None

    def block(self, node: Node) -> Expr:
        """Visit a block, or a statement with one: what is declared in it is seen from there to its end."""
        b = self.b
        block, b.block = b.block, (node.start_point[0], node.end_point[0])
        self.inside(node)
        b.block = block
        return None

    def member(self, receiver: Expr, name: str) -> Expr:
        """Return the expression of a member."""
        return None if receiver is None or depth(receiver) > DEEPEST_EXPRESSION else ("a", receiver, name)

    def pass_argument(self, context: Expr, position: int) -> Expr:
        """Return what a function that is written in place gets as a parameter."""
        return None if context is None else ("q", context, position)

    def make_call(self, called: Expr, arguments: Sequence[Expr], types: Sequence[Expr] = ()) -> Expr:
        """Return the expression of a call, with what its arguments are where types are not written."""
        if called is None:
            return None
        if types:
            return ("c", called, (), tuple(types))
        kept = [None if depth(value) > DEEPEST_ARGUMENT else value for value in arguments[:MOST_ARGUMENTS]]
        return ("c", called, tuple(kept)) if any(kept) else ("c", called)

    def make_object(self, type_: Expr, arguments: Sequence[Expr]) -> Expr:
        """Return the expression of a new object, with what its constructor is given where that may say more of it."""
        if type_ is None:
            return None
        kept = [None if _is_plain(value) else value for value in arguments[:MOST_ARGUMENTS]]
        return ("n", type_, tuple(kept)) if any(kept) else ("n", type_)


def _is_plain(value: Expr) -> bool:
    """Tell whether a value says nothing of a type parameter, or takes too much to keep."""
    is_literal = isinstance(value, tuple) and value[0] == "l" and not any(value[2:])
    return value is None or is_literal or depth(value) > DEEPEST_ARGUMENT
