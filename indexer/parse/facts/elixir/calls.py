"""What the arguments of Elixir's own macros say: heads of functions, names of modules, what is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.elixir.names import ImportedModule, name_function, name_module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

PUBLIC = frozenset({"def", "defmacro", "defguard", "defdelegate"})
DEFINING = PUBLIC | {"defp", "defmacrop", "defguardp"}
MODULES = frozenset({"defmodule", "defprotocol", "defimpl"})


def spell(node: Node | None) -> str:
    """Return the text of a node."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def read_operator(node: Node) -> str:
    """Return the operator of a node."""
    return spell(node.child_by_field_name("operator"))


def target_name(call: Node) -> str:
    """Return the name that a call calls without a module, or nothing."""
    target = call.child_by_field_name("target")
    return spell(target) if target is not None and target.type == "identifier" else ""


def list_arguments(call: Node) -> list[Node]:
    """Return the arguments of a call, without its block."""
    listed = next((child for child in call.named_children if child.type == "arguments"), None)
    return [] if listed is None else [child for child in listed.named_children if child.type != "comment"]


def find_block(call: Node) -> Node | None:
    """Return the block of a call."""
    return next((child for child in call.named_children if child.type == "do_block"), None)


def count_arguments(call: Node) -> int:
    """Return with how many arguments a call is written: keywords together are one, and so is a block."""
    return len(list_arguments(call)) + (find_block(call) is not None)


def list_options(call: Node) -> Iterator[tuple[str, Node]]:
    """Yield the keywords of a call."""
    for argument in list_arguments(call):
        if argument.type == "keywords":
            yield from _pairs(argument)


def _pairs(keywords: Node) -> Iterator[tuple[str, Node]]:
    for pair in keywords.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            yield spell(key).strip().removesuffix(":"), value


def find_head(call: Node) -> Node | None:
    """Return the head of a function: its name alone, or a call of it."""
    arguments = list_arguments(call)
    head = arguments[0] if arguments else None
    while head is not None and head.type == "binary_operator" and read_operator(head) == "when":
        head = head.child_by_field_name("left")
    return head


def list_functions(call: Node) -> Iterator[tuple[str, int, Node]]:
    """Yield what a `def` or its like defines: name, number of arguments, and the node of the name."""
    head = find_head(call)
    if head is None or target_name(call) not in DEFINING:
        return
    if head.type == "identifier":
        yield spell(head), 0, head
    elif head.type == "call" and (name := target_name(head)) and name != "unquote":
        arguments = list_arguments(head)
        given = sum(one.type == "binary_operator" and read_operator(one) == "\\\\" for one in arguments)
        for count in range(len(arguments) - given, len(arguments) + 1):
            target = head.child_by_field_name("target")
            if target is not None:
                yield name, count, target


def read_import(call: Node, full: str) -> ImportedModule | None:
    """Return what an `import` makes known; None where its filter is not written down."""
    only: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()
    for key, value in list_options(call):
        if key == "only" and value.type != "atom":
            only = _functions(value)
            if not only:
                return None
        elif key == "except":
            hidden = _functions(value)
    return ImportedModule(name_module(full), only, hidden)


def _functions(listed: Node) -> tuple[str, ...]:
    keywords = [child for child in listed.named_children if child.type == "keywords"]
    pairs = [(name, spell(count)) for child in keywords for name, count in _pairs(child)]
    return tuple(name_function(name, int(count)) for name, count in pairs if count.isdecimal())
