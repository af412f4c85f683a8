"""Elixir: modules, protocols, functions and macros, all of them calls; `alias` and its like name modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import TEXT_STRING, ImportStatement, Language, Named, spelling, word_set

if TYPE_CHECKING:
    from tree_sitter import Node

_KINDS = {
    "defmodule": "module",
    "defprotocol": "interface",
    "def": "function",
    "defp": "function",
    "defmacro": "macro",
    "defmacrop": "macro",
    "defguard": "macro",
    "defdelegate": "function",
}


def _definition(node: Node) -> Iterator[Named]:
    kind = _KINDS.get(spelling(node.child_by_field_name("target")))
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    if kind is None or arguments is None or not arguments.named_child_count:
        return
    name: Node | None = arguments.named_children[0]
    if name is not None and name.type == "binary_operator":  # what stands before `when`
        name = name.child_by_field_name("left")
    if name is not None and name.type == "call":
        name = name.child_by_field_name("target")
    if name is not None and name.type in {"alias", "identifier"}:
        yield Named(name, kind)


_WORD_START = lazy_pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MODULE = lazy_pattern(r"(?:alias|import|require|use)\s+(\w+(?:\.\w+)*)(?:\.\{([^}]*)\})?")


def _imports(text: str) -> Iterator[ImportStatement]:
    match = _MODULE.match(text)
    if match is None:
        return
    for name in (match[2] or "").split(",") if match[2] else [""]:
        yield ImportStatement(".".join(part for part in (match[1].rstrip("."), name.strip()) if part))


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    """Return the path that the whole name gives: the last part alone may be a module of the library."""
    return (f"lib/{_WORD_START.sub('_', module).lower().replace('.', '/')}.ex",)


LANGUAGES = (
    Language(
        name="elixir",
        extensions=(".ex", ".exs"),
        shebangs=("elixir",),
        grammar_module="tree_sitter_elixir",
        definitions={"call": _definition},
        bodies=word_set("source do_block"),
        word_tail=r"(?:[?!](?![=~]))?",
        landmarks=r"def\w*|alias|import|require|use",
        noise=(("#", r"[^\n]*"), ('"', TEXT_STRING), ("'", r"[^'\\\n]*(?:\\.[^'\\\n]*)*'?")),
        interpolating='"',
        interpolation=r"#\{([^{}]*)",
        keywords=word_set(
            "after alias and case catch cond def defdelegate defguard defimpl defmacro defmacrop defmodule defp "
            "defprotocol defstruct do else end false fn for if import in nil not or quote raise receive require rescue "
            "super true try unless unquote use when with"
        ),
        comment_marks=(b"#",),
        import_nodes=frozenset({"call"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
