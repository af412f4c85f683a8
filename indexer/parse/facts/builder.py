"""Collects the facts of one blob while a front end walks its tree. Knows no language and no other file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from sys import intern
from typing import TYPE_CHECKING, Any

from noctule.indexer.parse.facts.model import (
    BARE,
    CLASS,
    FUNCTION,
    IMPORT,
    OUTER,
    PARAMETER,
    SELF,
    VALUE,
    Binding,
    Class,
    Expr,
    Facts,
    Function,
    ImportedName,
    Scope,
    is_local,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.symbols import Definition

_IN_ORDER = frozenset({"go", "rust", "c", "cpp", "java", "kotlin", "swift"})
"""Languages in which a local variable is seen from its declaration on; before it, the name means what is around."""
_APART = frozenset({"javascript", "typescript", "tsx"})
"""Languages in which a name by itself never means a member of the class or object around."""
_LOOPS = frozenset(
    {"while_statement", "do_statement", "do_while_statement", "for_statement", "for_in_statement", "foreach_statement"}
)
DEEPEST_EXPRESSION = 12
"""Receivers nested deeper than this are not followed: chains of calls that nobody can resolve."""


class Builder:
    """What is known so far of one blob; `scope` is the scope that the walk is in, `end` the last line of its block."""

    def __init__(self, source: bytes, language: str, definitions: Sequence[Definition]) -> None:
        self.source = source
        self.text = _read_ascii(source.decode("ascii")) if source.isascii() else _read_utf8(source)
        """Returns the source of a node."""
        self.language = language
        self.package = ""
        self.scopes: list[Scope] = []
        self.classes: list[Class] = []
        self.functions: list[Function] = []
        self.imports: list[ImportedName] = []
        self.uses: dict[tuple[int, Expr, str], list[int]] = {}
        self.exports: list[str] | None = None
        self.members: list[tuple[Expr, str, Binding]] = []
        self._definitions = definitions
        self._defined: dict[str, list[tuple[int, int, int]]] = {}
        for position, definition in enumerate(definitions):
            span = definition.span
            self._defined.setdefault(definition.name, []).append((span.start, span.stop, position))
        self._in_order = language in _IN_ORDER
        self._narrowed: dict[str, list[tuple[list[Binding], Binding]]] = {}
        self.scope = -1
        self.end = source.count(b"\n") + 1
        self.block: tuple[int, int] | None = None
        """The lines of the block that what is declared here is seen in, where that is less than a function."""
        self.open(-1, -1)

    def facts(self) -> Facts:
        """Return what was collected."""
        return Facts(
            self.language,
            self.package,
            self.scopes,
            self.classes,
            self.functions,
            self.imports,
            {use: rows for use, rows in self.uses.items() if use[1] != BARE or not self._is_local(use[0], use[2])},
            self.exports,
            self.members,
        )

    def _is_local(self, scope: int, name: str) -> bool:
        """Tell whether a name can mean nothing but what its own scope binds once and nobody else can see."""
        looked = self.scopes[scope]
        bound = looked.names.get(name)
        if bound is None or len(bound) != 1 or not is_local(bound[0]):
            return False
        return looked.class_ < 0 or self.language not in _APART

    def find_definition(self, name: str, row: int) -> int:
        """Return the position of the definition of a name that stands in a line, the innermost one; -1 without.

        Of several that begin in one line it is that of the type around.
        """
        best, at, is_tie = -1, -1, False
        for start, stop, position in self._defined.get(name, ()):
            if start <= row < stop and start >= best:
                is_tie = start == best
                if not is_tie:
                    best, at = start, position
        if is_tie and (class_ := self.scopes[self.scope].class_) >= 0:
            return self._find_in_line(name, best, self.classes[class_].name)
        return at

    def _find_in_line(self, name: str, start: int, owner: str) -> int:
        """Return the first definition of a name that begins in a line and belongs to a type; else the first one."""
        found = [position for first, _, position in self._defined.get(name, ()) if first == start]
        own = [position for position in found if self._definitions[position].qualname.split(".")[-2:-1] == [owner]]
        return (own or found)[0]

    def here(self) -> dict[str, Any]:
        """Return where a declaration of a block is seen, as arguments of `add_class`."""
        return {} if self.block is None else {"scoped": True, "start": self.block[0], "end": self.block[1]}

    def open(self, class_: int, function: int) -> int:
        """Enter a scope of its own; return the one to go back to with `close`."""
        before = self.scope
        self.scopes.append(Scope(before, class_, function, {}))
        self.scope = len(self.scopes) - 1
        return before

    def close(self, before: int) -> None:
        """Leave the scope that `open` entered."""
        self.scope = before

    def _bind(self, name: str, binding: Binding, scope: int | None = None) -> None:
        self.scopes[self.scope if scope is None else scope].names.setdefault(name, []).append(binding)

    def bind(
        self,
        name: str,
        value: Expr,
        type_: Expr,
        row: int,
        *,
        scoped: bool = False,
        tag: int = VALUE,
        end: int | None = None,
        start: int | None = None,
        scope: int | None = None,
        spelled: str = "",
    ) -> None:
        """Say that a name gets a value, or is declared to be of a type."""
        at = self.scope if scope is None else scope
        inner = self.scopes[at].function >= 0
        if inner and self._in_order and tag == VALUE and name not in self.scopes[at].names:
            scoped = self._move_earlier_uses(at, name) or scoped  # nor does it hold for values that are given before
            value = _outer_value(value, name)
        definition = -1 if inner else self.find_definition(spelled or name, row)
        first, last = row if start is None else start, self.end if end is None else end
        # The constructor of a named tuple is a function of Python, and takes three times as long.
        found = tuple.__new__(Binding, (tag, value, type_, first, last, definition, scoped))
        self.scopes[at].names.setdefault(name, []).append(found)

    def narrow(self, name: str, type_: Expr, start: int, end: int) -> None:
        """Say that a condition tells the type of a name from a line to another."""
        if start > end:
            return
        self.bind(name, None, type_, start, start=start - 1, end=end, scoped=True)
        bound = self.scopes[self.scope].names[name]
        self._narrowed.setdefault(name, []).append((bound, bound[-1]))

    def narrow_rest(self, name: str, type_: Expr, start: int, end: int) -> None:
        """Say that a name is not of a type from a line to another: of a union that is declared, the others are left."""
        rest = self.find_rest(name, type_, start)
        if rest is not None and start <= end:
            self.narrow(name, rest, start, end)

    def find_rest(self, name: str, type_: Expr, row: int) -> Expr:
        """Return the types that are left of the union that a name is declared to be at a line, without one of them."""
        known = [b for b in self.scopes[self.scope].names.get(name, ()) if b.row <= row <= b.end]
        told = known[-1].type if known and known[-1].tag in {VALUE, PARAMETER} else None
        if isinstance(told, tuple) and told[0] == "o" and type_ in told[1:]:
            return unite([option for option in told[1:] if option != type_])
        return None

    def end_narrowing(self, name: str, node: Node) -> None:
        """Say that a name is assigned to: what conditions told of it holds no longer, nor in a loop around."""
        row = node.end_point[0]
        for bound, told in self._narrowed.get(name, ()):
            at = next((at for at, binding in enumerate(bound) if binding is told), -1)
            if at >= 0 and told.row < row <= told.end:
                loops = [start for start in _loops_around(node) if start > told.row]
                end = min(loops) - 1 if loops else row if row < told.end else row - 1
                bound[at] = told._replace(end=end)

    def _move_earlier_uses(self, scope: int, name: str) -> bool:
        """Let the uses of a name that stand before its declaration mean what the scope around says; tell of any."""
        if (scope, BARE, name) not in self.uses:
            return False
        around = self.scopes[scope].parent
        for key in [k for k in self.uses if k[0] == scope and (k[2] == name if k[1] == BARE else root(k[1]) == name)]:
            self.uses[around, key[1], key[2]] = sorted({*self.uses.pop(key), *self.uses.get((around, *key[1:]), ())})
        return True

    def bind_parameter(self, name: str, value: Expr, type_: Expr, row: int) -> None:
        """Say that a name is a parameter; `value` is its default."""
        self._bind(name, Binding(PARAMETER, value, type_, row, self.end, -1, False))

    def bind_self(self, name: str, class_: int, row: int, *, is_class: bool = False) -> None:
        """Say that a name stands for the object a method belongs to, or for its class."""
        self._bind(name, Binding(SELF, class_, is_class, row, self.end, -1, False))

    def bind_outer(self, name: str, *, top: bool) -> None:
        """Say that a name means that of an outer scope: of the file's, or of the next one."""
        self._bind(name, Binding(OUTER, top, None, 0, self.end, -1, False))

    def bind_import(self, name: str, module: str, taken: str | None, row: int) -> None:
        """Say that a name stands for a module, or for what is taken from it."""
        self._bind(name, Binding(IMPORT, module, taken, row, self.end, -1, False))

    def add_import(self, module: str, name: str, row: int, exported: str = "") -> None:
        """Note that a file imports a module or a name of it; `exported` is what it passes that name on as."""
        self.imports.append(ImportedName(module, name, row, exported))

    def add_class(
        self,
        name: str,
        row: int,
        bases: Sequence[Expr],
        kind: str,
        parameters: Sequence[str] = (),
        *,
        bound: bool = True,
        scoped: bool = False,
        start: int | None = None,
        end: int | None = None,
    ) -> int:
        """Add a type, bind its name here, and return its position; its scope is opened by `enter_class`."""
        position = len(self.classes)
        definition = self.find_definition(name, row) if name else -1
        self.classes.append(Class(name, definition, -1, tuple(bases), {}, kind, tuple(parameters)))
        if bound and name:
            last = self.end if end is None else end
            self._bind(name, Binding(CLASS, position, None, row if start is None else start, last, definition, scoped))
        return position

    def enter_class(self, position: int) -> int:
        """Open the scope of a type."""
        before = self.open(position, -1)
        self.classes[position] = self.classes[position]._replace(scope=self.scope)
        return before

    def add_function(
        self,
        name: str,
        row: int,
        class_: int,
        flags: int,
        *,
        bound: bool = True,
        definition: int | None = None,
    ) -> int:
        """Add a function, bind its name here, and return its position."""
        position = len(self.functions)
        at = definition if definition is not None else self.find_definition(name, row) if name else -1
        self.functions.append(Function(name, at, -1, class_, None, [], flags, [], ()))
        if bound and name:
            scoped = self.block is not None
            start, end = self.block or (row, self.end)
            self._bind(name, Binding(FUNCTION, position, None, start, end, at, scoped))
        return position

    def enclosing_class(self) -> int:
        """Return the type that what is visited stands in, or -1."""
        at = self.scope
        while at >= 0 and self.scopes[at].class_ < 0:
            at = self.scopes[at].parent
        return self.scopes[at].class_ if at >= 0 else -1

    def enter_function(self, position: int) -> int:
        """Open the scope of a function."""
        before = self.open(-1, position)
        self.functions[position] = self.functions[position]._replace(scope=self.scope)
        return before

    def set_function(self, position: int, returns: Expr, values: list[Expr], flags: int, parameters: list[str]) -> None:
        """Say what a function returns, by declaration and by its statements."""
        self.functions[position] = self.functions[position]._replace(
            returns=returns, values=values[:6], flags=flags, parameters=parameters
        )

    def add_member(self, owner: Expr, name: str, position: int, row: int) -> None:
        """Say that a function belongs to a type which is named elsewhere."""
        definition = self.functions[position].definition
        if definition >= 0:
            start = self._definitions[definition].span.start
            definition = self._find_in_line(self.functions[position].name, start, _last_name(owner))
            self.functions[position] = self.functions[position]._replace(definition=definition)
        binding = Binding(FUNCTION, position, None, row, self.end, self.functions[position].definition, False)
        self.members.append((owner, name, binding))

    def add_field(self, class_: int, name: str, value: Expr, type_: Expr, row: int) -> None:
        """Say that objects of a class have a field."""
        fields = self.classes[class_].fields.setdefault(name, [])
        if len(fields) < 8:
            fields.append((self.scope, value, type_, row, self.find_definition(name, row)))

    def use(self, name: str, row: int) -> None:
        """Note that a name is used by itself."""
        key = (self.scope, BARE, name)
        rows = self.uses.get(key)
        if rows is None:
            self.uses[key] = [row]
        elif rows[-1] != row:
            rows.append(row)

    def use_member(self, receiver: Expr, name: str, row: int) -> None:
        """Note that a member of something is used; nothing is kept where nothing is known of what it is."""
        if receiver is None:
            return
        key = (self.scope, receiver, name)
        rows = self.uses.get(key)
        if rows is None:
            self.uses[key] = [row]
        elif rows[-1] != row:
            rows.append(row)

    def use_argument_names(self, called: Expr, names: Iterable[Node | None], copying: str | None = None) -> None:
        """Note the names of arguments that an object is made with: of fields that stand for such parameters.

        The method `copying` of an object makes another one, with the same fields.
        """
        if called is None:
            return
        is_copy = isinstance(called, tuple) and called[0] == "a" and called[2] == copying
        owner = called[1] if is_copy else ("F", called)
        for name in names:
            if name is not None:
                self.use_member(owner, self.text(name), name.start_point[0])


def _loops_around(node: Node) -> list[int]:
    """Return the lines in which the loops around a node begin."""
    found = []
    around: Node | None = node
    while around is not None:
        if around.type in _LOOPS:
            found.append(around.start_point[0])
        around = around.parent
    return found


def _read_ascii(characters: str) -> Callable[[Node], str]:
    """Return what reads nodes of a text in which a byte is a character: a slice spares decoding each name."""

    def text(node: Node) -> str:
        return intern(characters[node.start_byte : node.end_byte])

    return text


def _read_utf8(source: bytes) -> Callable[[Node], str]:
    def text(node: Node) -> str:
        return intern(source[node.start_byte : node.end_byte].decode("utf-8", "replace"))

    return text


def depth(expression: Expr) -> int:
    """Return how deep an expression is nested along its receivers."""
    deep = 0
    while isinstance(expression, tuple) and len(expression) > 1:
        expression = expression[1]
        deep += 1
    return deep


def root(expression: Expr) -> Expr:
    """Return the name that an expression begins with, or what stands there instead."""
    while isinstance(expression, tuple) and len(expression) > 1:
        expression = expression[1]
    return expression


def _outer_value(value: Expr, name: str) -> Expr:
    """Return a value in which the name that it begins with means that of the scope around, where it is this one."""
    if value == name:
        return ("up", name)
    if isinstance(value, tuple) and len(value) > 1 and root(value) == name:
        return (value[0], _outer_value(value[1], name), *value[2:])
    return value


def _last_name(type_: Expr) -> str:
    """Return the name of a type that is written with modules before it or arguments after it."""
    while isinstance(type_, tuple) and type_[0] in {"i", "I", "@"}:
        type_ = type_[1]
    return type_ if isinstance(type_, str) else str(type_[-1]) if type_ else ""


def unite(options: Sequence[Expr]) -> Expr:
    """Return an expression for one of several; what is not known is left out."""
    known = list(dict.fromkeys(option for option in options if option is not None))
    return None if not known else known[0] if len(known) == 1 else ("o", *known)


def literal(name: str, items: Sequence[Expr]) -> Expr:
    """Return a list or array that is written down: of the type of its first items, and each where it stands."""
    together = unite(items[:3])
    is_mixed = isinstance(together, tuple) and together[0] == "o"
    return ("l", name, (together,), tuple(items[:6])) if is_mixed else ("l", name, (together,))


def wrap(form: str, value: Expr, *rest: int) -> Expr:
    """Return a form of an expression, where there is one."""
    return None if value is None else (form, value, *rest)
