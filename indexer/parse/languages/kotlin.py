"""Kotlin: what its nodes define, and which files its imports mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    CHARACTER,
    SLASH_COMMENT,
    TEXT_STRING,
    ImportStatement,
    Language,
    Named,
    first_child,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


_CONSTRUCTOR = lazy_pattern(rb"(\bclass[ \t]+\w+(?:<[^<>\n]*>)?[ \t]*\r?\n[ \t]*)[a-z](?=[a-z]+[ \t]+constructor\b)")
_CLOSED_MEMBER = lazy_pattern(rb"(?<=[\w)\]}>?!\"'])[ \t](?=\})")


def repair(source: bytes) -> bytes:
    """Write what the grammar can read in place of what it cannot.

    A member that ends with its line's brace gets a semicolon in place of the blank. A `private` that begins a line
    before a constructor becomes an annotation, `@rivate`: else it is taken for a modifier of the next member, where the
    class stands inside of another one.
    """
    return _CLOSED_MEMBER.sub(b";", _CONSTRUCTOR.sub(rb"\1@", source))


def _class(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    if name is not None:
        before = {child.type for child in node.children}
        modifiers = first_child(node)
        is_enum = modifiers is not None and modifiers.type == "modifiers" and b"enum" in (modifiers.text or b"").split()
        yield Named(name, "interface" if "interface" in before else "enum" if is_enum else "class")
        for listed in node.named_children:
            if listed.type == "primary_constructor":
                yield from _constructor_properties(listed)
            elif listed.type.endswith("class_body"):
                break


def _constructor_properties(node: Node) -> Iterator[Named]:
    for parameter in [p for c in node.named_children if c.type == "class_parameters" for p in c.named_children]:
        if any(child.type in {"val", "var"} for child in parameter.children):
            name = next((child for child in parameter.named_children if child.type == "identifier"), None)
            if name is not None:
                yield Named(name, "field", at=parameter, inside=True)


def _property(node: Node) -> Iterator[Named]:
    for child in node.named_children:
        if child.type == "variable_declaration":
            name = first_child(child)
            if name is not None and name.type == "identifier":
                yield Named(name, "variable")


def _alias(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("type")
    if name is not None:
        yield Named(name, "type")


def _entry(node: Node) -> Iterator[Named]:
    name = next((child for child in node.named_children if child.type == "identifier"), None)
    if name is not None:
        yield Named(name, "constant")


_IMPORT = lazy_pattern(r"import\s+([\w.`]+?)(\.\*)?(?:\s+as\s+\w+)?\s*;?\s*$")


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _IMPORT.match(text):
        yield ImportStatement(match[1].replace("`", ""), ("*",) if match[2] else ())


def _candidates(module: str, names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    path = module.replace(".", "/")
    outer = path.rpartition("/")[0]
    files = tuple(f"{base}{ending}" for base in (path, outer) if base for ending in (".kt", ".java"))
    return (f"{path}/", *files) if names == ("*",) else (*files, *([f"{outer}/"] if outer else []))


LANGUAGES = (
    Language(
        name="kotlin",
        extensions=(".kt", ".kts"),
        grammar_module="tree_sitter_kotlin",
        repair=repair,
        definitions={
            "class_declaration": _class,
            "object_declaration": "class",
            "function_declaration": "function",
            "property_declaration": _property,
            "type_alias": _alias,
            "enum_entry": _entry,
        },
        bodies=frozenset({"source_file", "class_body", "enum_class_body", "companion_object", "function_body"}),
        noise=(("/", SLASH_COMMENT), ('"', TEXT_STRING), ("'", CHARACTER)),
        interpolating='"',
        interpolation=r"\$\{([^{}]*)|\$([A-Za-z_]\w*)",
        keywords=word_set(
            "abstract actual annotation as break by catch class companion const constructor continue crossinline "
            "data do else enum expect external false final finally for fun get if import in infix init inline "
            "inner interface internal is it lateinit noinline null object open operator out override package "
            "private protected public reified return sealed set super suspend tailrec this throw true try "
            "typealias val var vararg when where while"
        ),
        import_nodes=frozenset({"import"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
