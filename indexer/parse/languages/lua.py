"""Lua: what its nodes define, and which files its `require` means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import LINE_STRING, ImportStatement, Language, Named, spelling, word_set

if TYPE_CHECKING:
    from tree_sitter import Node


def _named(node: Node, kind: str) -> Iterator[Named]:
    """Yield what a name like `total`, `Cart.total` or `Cart:total` defines."""
    if node.type == "identifier":
        yield Named(node, kind)
        return
    name = node.child_by_field_name("field") or node.child_by_field_name("method")
    if name is not None:
        owner = spelling(node.child_by_field_name("table")).replace(":", ".")
        yield Named(name, kind, owner)


def _function(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    if name is not None:
        yield from _named(name, "function")


def _assignment(node: Node) -> Iterator[Named]:
    """A name that is given a function is one; any other is a variable where it has no owner.

    What a table holds belongs to the name that is given the table.
    """
    if node.named_child_count < 2:
        return
    names, values = node.named_children[:2]
    given = values.named_children
    for at, name in enumerate(names.named_children):
        if at < len(given) and given[at].type == "function_definition":
            yield from _named(name, "function")
            continue
        if name.type == "identifier":
            yield Named(name, "variable")
        if at < len(given):
            yield from _held(given[at], spelling(name).replace(":", "."))


def _returned(node: Node) -> Iterator[Named]:
    """A module may be a table that is returned: its functions have no owner."""
    for values in node.named_children:
        for value in values.named_children:
            yield from _held(value, "")


def _held(value: Node, owner: str) -> Iterator[Named]:
    """Yield the functions that a table holds, also one that is passed on: `setmetatable({ f = function() end }, M)`."""
    tables = [(value, owner)]
    while tables:
        table, within = tables.pop()
        if table.type == "function_call":
            arguments = table.child_by_field_name("arguments")
            passed = arguments.named_children if arguments is not None else ()
            tables.extend((argument, within) for argument in passed if argument.type == "table_constructor")
        for field in table.named_children if table.type == "table_constructor" else ():
            name, held = field.child_by_field_name("name"), field.child_by_field_name("value")
            if name is None or held is None or name.type != "identifier":
                continue
            if held.type == "function_definition":
                yield Named(name, "function", within, at=field)
            elif held.type in {"table_constructor", "function_call"}:
                tables.append((held, f"{within}.{spelling(name)}".lstrip(".")))


_REQUIRE = lazy_pattern(r"""(?:[^\n=]*=)?\s*(?:require|dofile|loadfile)\s*\(?\s*["']([^"'\n]+)["']""")
_LONG = r"\[(?:[^\]]|\](?!\]))*(?:\]\]|\Z)"


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _REQUIRE.match(text):
        yield ImportStatement(match[1])


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    if module.endswith(".lua"):
        return (module.removeprefix("./"),)
    path = module.replace(".", "/")
    return f"{path}.lua", f"{path}/init.lua"


LANGUAGES = (
    Language(
        name="lua",
        extensions=(".lua", ".rockspec"),
        shebangs=("lua", "luajit"),
        grammar_module="tree_sitter_lua",
        definitions={"function_declaration": _function},
        globals={"assignment_statement": _assignment, "return_statement": _returned},
        bodies=word_set("chunk block variable_declaration do_statement if_statement function_call"),
        noise=(
            (r"\-", rf"-(?:\[{_LONG}|[^\n]*)"),
            ('"', LINE_STRING),
            ("'", r"[^'\\\n]*(?:\\.[^'\\\n]*)*'?"),
            (r"\[", _LONG),
        ),
        keywords=word_set(
            "and break do else elseif end false for function goto if in local nil not or repeat return self then true "
            "until while"
        ),
        comment_marks=(b"--",),
        import_nodes=word_set("variable_declaration function_call"),
        imports=_imports,
        candidates=_candidates,
    ),
)
