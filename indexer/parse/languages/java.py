"""Java: what its nodes define, and which files its imports mean."""

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
    name_fields,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _fields(node: Node) -> Iterator[Named]:
    for declarator in node.children_by_field_name("declarator"):
        name = declarator.child_by_field_name("name")
        if name is not None:
            yield Named(name, "field")


def _record(node: Node) -> Iterator[Named]:
    """Name a record and its components."""
    name = node.child_by_field_name("name")
    if name is not None:
        yield Named(name, "class")
        yield from name_fields(node.child_by_field_name("parameters"))


_IMPORT = lazy_pattern(r"import\s+(static\s+)?([\w.\s]+?)\s*(\.\s*\*)?\s*;?\s*$")


def _imports(text: str) -> Iterator[ImportStatement]:
    if match := _IMPORT.match(text):
        module = "".join(match[2].split())
        if match[3]:
            yield ImportStatement(module, ("*",))
        elif match[1]:
            head, _, name = module.rpartition(".")
            yield ImportStatement(head, (name,))
        else:
            yield ImportStatement(module)


def _candidates(module: str, names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    path = module.replace(".", "/")
    outer = path.rpartition("/")[0]
    files = tuple(f"{base}{ending}" for base in (path, outer) if base for ending in (".java", ".kt", ".scala"))
    return (f"{path}/", *files) if names == ("*",) else files


LANGUAGES = (
    Language(
        name="java",
        extensions=(".java",),
        grammar_module="tree_sitter_java",
        definitions={
            "class_declaration": "class",
            "interface_declaration": "interface",
            "annotation_type_declaration": "interface",
            "enum_declaration": "enum",
            "record_declaration": _record,
            "method_declaration": "method",
            "constructor_declaration": "method",
            "compact_constructor_declaration": "method",
            "annotation_type_element_declaration": "method",
            "field_declaration": _fields,
            "constant_declaration": _fields,
            "enum_constant": "constant",
        },
        bodies=word_set("program class_body interface_body enum_body enum_body_declarations annotation_type_body"),
        noise=(("/", SLASH_COMMENT), ('"', TEXT_STRING), ("'", CHARACTER)),
        keywords=word_set(
            "abstract assert boolean break byte case catch char class const continue default do double else enum "
            "extends false final finally float for goto if implements import instanceof int interface long native "
            "new null package permits private protected public record return sealed short static strictfp super "
            "switch synchronized this throw throws transient true try var void volatile while yield"
        ),
        import_nodes=frozenset({"import_declaration"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
