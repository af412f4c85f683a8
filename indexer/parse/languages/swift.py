"""Swift: what its nodes define, and which folders its imports mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    SLASH_COMMENT,
    TEXT_STRING,
    ImportStatement,
    Language,
    Named,
    field_definitions,
    spelling,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


_KINDS = {"struct": "struct", "enum": "enum", "extension": ""}


def _type(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    kind = _KINDS.get(spelling(node.child_by_field_name("declaration_kind")), "class")
    if name is not None and kind:
        yield Named(name, kind)


def _extension_owner(node: Node) -> tuple[str, str]:
    if spelling(node.child_by_field_name("declaration_kind")) != "extension":
        return "", ""
    return spelling(node.child_by_field_name("name")).partition("<")[0], "class"


def _properties(node: Node) -> Iterator[Named]:
    for pattern in node.children_by_field_name("name"):
        name = pattern.child_by_field_name("bound_identifier")
        if name is not None:
            yield Named(name, "variable")


def _entries(node: Node) -> list[Named]:
    return field_definitions(node, "name", "constant")


def _initializer(node: Node) -> Iterator[Named]:
    for child in node.children:
        if child.type in {"init", "deinit"}:
            yield Named(child, "method")


_IMPORT = lazy_pattern(r"(?:@\w+\s+)*import\s+(?:(?:class|struct|enum|protocol|func|let|var|typealias)\s+)?([\w.]+)")


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _IMPORT.match(text):
        yield ImportStatement(match[1])


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    name = module.partition(".")[0]
    return (f"Sources/{name}/", f"{name}/")


LANGUAGES = (
    Language(
        name="swift",
        extensions=(".swift",),
        shebangs=("swift",),
        grammar_module="tree_sitter_swift",
        definitions={
            "class_declaration": _type,
            "protocol_declaration": "interface",
            "function_declaration": "function",
            "protocol_function_declaration": "function",
            "protocol_property_declaration": _properties,
            "property_declaration": _properties,
            "typealias_declaration": "type",
            "enum_entry": _entries,
            "init_declaration": _initializer,
            "deinit_declaration": _initializer,
        },
        bodies=frozenset({"source_file", "class_body", "enum_class_body", "protocol_body"}),
        scopes={"class_declaration": _extension_owner},
        noise=(("/", SLASH_COMMENT), ('"', TEXT_STRING)),
        interpolating='"',
        interpolation=r"\\\(([^()]*(?:\([^()]*\)[^()]*)*)",
        keywords=word_set(
            "actor any as associatedtype async await break case catch class continue convenience default defer "
            "deinit didSet do else enum extension fallthrough false fileprivate final for func get guard if "
            "import in indirect init inout internal is isolated lazy let mutating nil nonisolated nonmutating "
            "open operator optional override private protocol public repeat required rethrows return self Self "
            "set some static struct subscript super switch throw throws true try typealias unowned var weak where "
            "while willSet"
        ),
        import_nodes=frozenset({"import_declaration"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
