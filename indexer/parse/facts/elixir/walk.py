"""Facts of Elixir: modules by their full names, their functions by name and number of arguments, and who calls them.

Aliases are read where they stand, so that all names of modules are whole: `module A\\B`. A function is bound as `2 f`
in the scope of its module. What a module has those import that `use` it is bound as `using A\\B`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from noctule.indexer.parse.facts.elixir.calls import (
    DEFINING,
    MODULES,
    PUBLIC,
    count_arguments,
    find_block,
    find_head,
    list_arguments,
    list_functions,
    list_options,
    read_import,
    read_operator,
    spell,
    target_name,
)
from noctule.indexer.parse.facts.elixir.modules import ElixirModules
from noctule.indexer.parse.facts.elixir.names import (
    PRIVATE,
    USES,
    ImportedModule,
    name_function,
    name_given,
    name_module,
    name_using,
)
from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IS_PRIVATE, VALUE, Binding, Class, Expr

if TYPE_CHECKING:
    from tree_sitter import Node


_DIRECTIVES = frozenset({"alias", "import", "require", "use"})
_TYPES = frozenset({"spec", "type", "typep", "opaque", "callback", "macrocallback"})


class ElixirWalk(ElixirModules):
    """The walk over a tree of Elixir."""

    visits: ClassVar = {
        "call": "call",
        "binary_operator": "operator",
        "unary_operator": "unary",
    }

    # Calls

    def call(self, node: Node) -> Expr:
        """`f(a)`, `A.f(a)`, and all that is written like a call."""
        self._call(node, 0)
        return None

    def _call(self, node: Node, given: int) -> None:
        """A call that is given some arguments from elsewhere."""
        name = target_name(node)
        if name in MODULES and find_block(node) is not None:
            self._module(node, name)
        elif name in DEFINING and self._class >= 0:
            self._define(node, name)
        elif name in _DIRECTIVES:
            self._direct(node, name)
        elif name == "quote":
            self._quote(node)
        elif name == "unquote":
            self._unquote(node)
        else:
            target = node.child_by_field_name("target")
            if name and not self._is_type:
                self._use_bare(name, given + count_arguments(node), node.start_point[0])
            elif target is not None and target.type == "dot":
                self._use_remote(target, given + count_arguments(node))
            self.inside(node)

    def _use_remote(self, target: Node, count: int) -> None:
        """Note a use of a function of a module that is named, or of the module alone."""
        right = target.child_by_field_name("right")
        full = self._expand(target.child_by_field_name("left"))
        if not full or right is None or right.type != "identifier" or self._is_type:
            return
        function = name_function(spell(right), count)
        if full == self._around.module and self._class >= 0 and function in self._functions:
            self.b.use_member(("k", self._class), function, right.start_point[0])
        else:
            self.b.use_member(name_module(full), function, right.start_point[0])

    def _use_bare(self, name: str, count: int, row: int) -> None:
        """Note a use of a function by its name alone: one of the module around, else one that is imported."""
        function = name_function(name, count)
        private = PRIVATE + function
        own = function if function in self._functions else private if private in self._functions else ""
        if own:
            if not self._quotes:
                self.b.use_member(("k", self._class), own, row)
            return
        for imported in self._around.imports:
            if imported.gives(function):
                self.b.use_member(imported.receiver, function, row)

    def operator(self, node: Node) -> Expr:
        """`a |> f(b)` gives `f` one argument more; `f/1` behind `&` is visited there."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        self.visit(left)
        if right is None or read_operator(node) != "|>":
            self.visit(right)
        elif right.type == "call":
            self._call(right, 1)
        elif right.type == "identifier":
            self._use_bare(spell(right), 1, right.start_point[0])
        else:
            self.visit(right)
        return None

    def unary(self, node: Node) -> Expr:
        """`&f/1`, `@spec f(t) :: t`."""
        operand = node.child_by_field_name("operand")
        operator = read_operator(node)
        if operator == "&" and operand is not None and operand.type == "binary_operator":
            left, right = operand.child_by_field_name("left"), operand.child_by_field_name("right")
            if left is not None and read_operator(operand) == "/" and spell(right).isdecimal():
                self._capture(left, int(spell(right)))
                return None
        if operator == "@" and operand is not None and operand.type == "call":
            before, self._is_type = self._is_type, target_name(operand) in _TYPES
            for argument in list_arguments(operand):
                self.visit(argument)
            self._is_type = before
            return None
        self.visit(operand)
        return None

    def _capture(self, function: Node, count: int) -> None:
        if function.type == "identifier":
            self._use_bare(spell(function), count, function.start_point[0])
            return
        target = function.child_by_field_name("target")
        if target is not None and target.type == "dot":
            self._use_remote(target, count)
        self.inside(function)

    # Directives

    def _direct(self, node: Node, name: str) -> None:
        """`alias A.{B, C}`, `import A, only: [f: 1]`, `require A, as: B`, `use A`."""
        arguments = list_arguments(node)
        self._within(lambda: self.visit_all(arguments))
        found = self._list_modules(arguments[0]) if arguments else []
        renamed = next((value for key, value in list_options(node) if key == "as"), None)
        for full, row in found:
            if name == "import":
                self._import(read_import(node, full))
            elif name == "use":
                self._use(full, arguments[1:], row)
            elif renamed is not None:
                self._around = self._around.with_alias(spell(renamed), full)
            elif name == "alias":
                self._around = self._around.with_alias(full.rpartition(".")[2], full)

    def _import(self, imported: ImportedModule | None) -> None:
        if imported is not None:
            self._around = self._around.with_import(imported)

    def _use(self, full: str, arguments: list[Node], row: int) -> None:
        """`use A` calls a macro of the module, which may import others."""
        self.b.use_member(name_module(full), name_function("__using__", 1), row)
        usings = _list_usings(full, arguments)
        for using in usings:
            self._import(ImportedModule(using))
        if self._class >= 0 and self._quotes == 0:
            names = self.b.scopes[self.b.scope].names
            names.setdefault(USES, []).append(Binding(VALUE, ("o", *usings), None, row, self.b.end, -1, False))

    # Definitions

    def _module(self, node: Node, keyword: str) -> None:
        """`defmodule A.B do`; `defprotocol A do`; `defimpl A, for: B do`."""
        arguments, block = list_arguments(node), find_block(node)
        named = arguments[0] if arguments else None
        if named is None or block is None:
            return
        around, class_, functions = self._around, self._class, self._functions
        row = named.start_point[0]
        full = ""
        if keyword == "defimpl":
            self.visit_all(arguments)
            full = self._name_implementation(node, named)
        elif named.type == "alias" and not self._quotes:
            full = self._name_nested(spell(named))
            if around.module and full:
                first = spell(named).partition(".")[0]
                around = around.with_alias(first, f"{around.module}.{first}")
        else:
            self.visit(named)
        position = self._add_module("" if keyword == "defimpl" else spell(named), full, row)
        # A quote makes a module that nobody can name, whatever its functions are.
        quotes, self._quotes = self._quotes, self._quotes
        self._around = replace(around, module=full)
        self._class = position
        self._functions = frozenset(_bound_names(block))
        before = self.b.enter_class(position)
        self.inside(block)
        self._add_usings(full, block)
        self.b.close(before)
        self._around, self._class, self._functions, self._quotes = around, class_, functions, quotes

    def _name_nested(self, spelled: str) -> str:
        """Return the full name of a module that is written in another one, or at the top."""
        module = self._around.module
        if spelled.startswith("Elixir.") or (not module and self._class < 0):
            return self._around.expand(spelled)
        return f"{module}.{spelled}" if module else ""

    def _name_implementation(self, node: Node, protocol: Node) -> str:
        value = next((value for key, value in list_options(node) if key == "for"), None)
        owner = self._around.module if value is None else self._expand(value)
        named = self._expand(protocol)
        return f"{named}.{owner}" if named and owner else ""

    def _add_module(self, spelled: str, full: str, row: int) -> int:
        b = self.b
        position = len(b.classes)
        definition = b.find_definition(spelled, row) if spelled else -1
        b.classes.append(Class(full.rpartition(".")[2], definition, -1, (), {}, "module", ()))
        if full and spelled and not self._quotes:
            self._bind_top(name_module(full), Binding(CLASS, position, None, row, b.end, definition, False))
        return position

    def _bind_top(self, name: str, binding: Binding) -> None:
        """Bind a name at the top of the file, and list it for all others."""
        self.b.scopes[0].names.setdefault(name, []).append(binding)
        self.b.members.append((("#", ""), name, binding))

    def _define(self, node: Node, keyword: str) -> None:
        """`def f(a) do`: its name is bound for each number of arguments that it may be called with."""
        b = self.b
        position = -1
        for name, count, at in list_functions(node) if not self._quotes else ():
            row = at.start_point[0]
            is_public = keyword in PUBLIC
            if position < 0:
                position = b.add_function(name, row, self._class, 0 if is_public else IS_PRIVATE, bound=False)
            bound = name_function(name, count)
            found = Binding(FUNCTION, position, None, row, b.end, b.functions[position].definition, False)
            names = b.scopes[b.classes[self._class].scope].names
            names.setdefault(bound if is_public else PRIVATE + bound, []).append(found)
        if keyword == "defdelegate":
            self._delegate(node)
        self._within(lambda: self._visit_parts(node))

    def _visit_parts(self, node: Node) -> None:
        """Visit all of a definition but the name in its head, which is no call."""
        head = find_head(node)
        for argument in list_arguments(node):
            at: Node | None = argument
            while at is not None and at.type == "binary_operator" and read_operator(at) == "when":
                self.visit(at.child_by_field_name("right"))
                at = at.child_by_field_name("left")
            if at is None or at != head:
                self.visit(argument)
            elif head is not None and head.type == "call":
                self.visit_all(list_arguments(head))
            elif head is not None and head.type != "identifier":
                self.visit(head)
        self.visit(find_block(node))

    def _delegate(self, node: Node) -> None:
        """`defdelegate f(a), to: A, as: :g`."""
        options = dict(list_options(node))
        full = self._expand(options.get("to"))
        renamed = spell(options.get("as")).removeprefix(":")
        for name, count, at in list_functions(node) if full else ():
            self.b.use_member(name_module(full), name_function(renamed or name, count), at.start_point[0])

    def _add_usings(self, full: str, block: Node) -> None:
        """Bind what a module has those import that `use` it: by the quotes of functions that do nothing else."""
        for call in _list_calls(block) if full and not self._quotes else ():
            for name, count, at in list_functions(call):
                quoted = _find_quote(call)
                if quoted is None or (name, count) not in {("__using__", 1), (name, 0)}:
                    continue
                using = name_using(full, "" if count else name)
                row = at.start_point[0]
                told = self._read_quote(quoted, full, using)
                if told:
                    self._bind_top(using, Binding(VALUE, ("o", *told), None, row, self.b.end, -1, False))

    def _read_quote(self, quoted: Node, full: str, using: str) -> list[Expr]:
        """Return what the statements of a quote import, and bind what they give other names."""
        around = self._around
        found: list[Expr] = []
        for call in _list_calls(quoted):
            keyword, arguments = target_name(call), list_arguments(call)
            if keyword == "unquote" and arguments and arguments[0].type == "call":
                found.append(name_using(full, target_name(arguments[0])))
            for module, row in self._list_modules(arguments[0]) if arguments and keyword in _DIRECTIVES else ():
                renamed = next((spell(value) for key, value in list_options(call) if key == "as"), "")
                if renamed or keyword == "alias":
                    alias = renamed or module.rpartition(".")[2]
                    self._around = self._around.with_alias(alias, module)
                    given = Binding(VALUE, name_module(module), None, row, self.b.end, -1, False)
                    self._bind_top(name_given(using, alias), given)
                elif keyword == "import" and (imported := read_import(call, module)) is not None:
                    found.append(imported.restrict())
                elif keyword == "use":
                    found += _list_usings(module, arguments[1:])
        self._around = around
        return found


def _list_calls(block: Node) -> Iterable[Node]:
    return (child for child in block.named_children if child.type == "call")


def _list_usings(full: str, arguments: list[Node]) -> list[str]:
    """Return the names under which a module says what `use` of it imports."""
    part = spell(arguments[0]).removeprefix(":") if arguments and arguments[0].type == "atom" else ""
    return [name_using(full), name_using(full, part)] if part else [name_using(full)]


def _find_quote(definition: Node) -> Node | None:
    """Return the block of the quote that a function ends with."""
    block = find_block(definition)
    last = block.named_children[-1] if block is not None and block.named_children else None
    if last is None:
        last = next((value for key, value in list_options(definition) if key == "do"), None)
    is_quote = last is not None and last.type == "call" and target_name(last) == "quote"
    return find_block(last) if last is not None and is_quote else None


def _bound_names(block: Node) -> Iterable[str]:
    """Yield the names that the functions of a module are bound as, wherever they stand in it."""
    waiting = list(block.named_children)
    while waiting:
        node = waiting.pop()
        if node.type != "call":
            waiting += [] if node.type in {"unary_operator", "string"} else node.named_children
            continue
        keyword = target_name(node)
        if keyword in DEFINING:
            for name, count, _ in list_functions(node):
                yield ("" if keyword in PUBLIC else PRIVATE) + name_function(name, count)
        elif keyword not in MODULES and keyword != "quote":
            waiting += node.named_children
