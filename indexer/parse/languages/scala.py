"""Scala: what its nodes define, and which files its imports mean."""

from __future__ import annotations

import re
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


def _values(node: Node) -> Iterator[Named]:
    for child in (*node.children_by_field_name("pattern"), *node.children_by_field_name("name")):
        for name in child.named_children if child.type == "identifiers" else [child]:
            if name.type == "identifier":
                yield Named(name, "variable")


def _class(node: Node) -> Iterator[Named]:
    """Name a class, and the values that its parameters declare: all of the first list of a case class."""
    name = node.child_by_field_name("name")
    if name is None:
        return
    yield Named(name, "class")
    is_case = any(child.type == "case" for child in node.children)
    for listed in node.children_by_field_name("class_parameters"):
        yield from name_fields(listed) if is_case else name_fields(listed, _is_value)
        is_case = False


def _is_value(parameter: Node) -> bool:
    return any(child.type in {"val", "var"} for child in parameter.children)


_PART = lazy_pattern(r"([\w.`$]+?)\.(?:\{([^{}]*)\}|(\w+|_|\*))\s*$", re.DOTALL)


def _imports(text: str) -> Iterator[ImportStatement]:
    for part in re.split(r",(?![^{]*\})", text.removeprefix("import")):
        if match := _PART.match(part.strip().rstrip(";")):
            if match[2] is None:
                yield ImportStatement(match[1], ("*" if match[3] == "_" else match[3],))
            else:
                names = (name.split()[0] for name in match[2].split(",") if name.strip())
                yield ImportStatement(match[1], tuple("*" if name == "_" else name for name in names))


def _candidates(module: str, names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    path = module.replace("_root_.", "").replace(".", "/")
    files = [f"{path}/{name}{ending}" for name in names if name != "*" for ending in (".scala", ".java")]
    return (*files, f"{path}.scala", f"{path}/")


LANGUAGES = (
    Language(
        name="scala",
        extensions=(".scala", ".sc", ".sbt"),
        grammar_module="tree_sitter_scala",
        definitions={
            "class_definition": _class,
            "object_definition": "class",
            "package_object": "class",
            "trait_definition": "trait",
            "enum_definition": "enum",
            "simple_enum_case": "constant",
            "full_enum_case": "constant",
            "function_definition": "function",
            "function_declaration": "function",
            "given_definition": "variable",
            "val_definition": _values,
            "var_definition": _values,
            "val_declaration": _values,
            "var_declaration": _values,
            "type_definition": "type",
        },
        bodies=word_set(
            "compilation_unit package_clause template_body enum_body enum_case_definitions extension_definition "
            "block indented_block"
        ),
        landmarks=r"(?:[a-z]+ )*(?:def|class|object|trait|import|type)",
        noise=(("/", SLASH_COMMENT), ('"', TEXT_STRING), ("'", CHARACTER)),
        interpolating='"',
        interpolation=r"\$\{([^{}]*)|\$([A-Za-z_]\w*)",
        keywords=word_set(
            "abstract case catch class def derives do else end enum export extends extension false final finally "
            "for forSome given if implicit import inline lazy match new null object open opaque override package "
            "private protected return sealed super then this throw trait transparent true try type using val var "
            "while with yield"
        ),
        import_nodes=frozenset({"import_declaration"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
