"""C: what its nodes define, and which files its includes mean. C++ builds on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.c_macros import MACRO_IN_HEAD, blank_macros, live_parts
from noctule.indexer.parse.languages.language import (
    CHARACTER,
    LINE_STRING,
    SLASH_COMMENT,
    ImportStatement,
    Language,
    Named,
    first_child,
    resolve_relative,
    spelling,
    with_body,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Namer


_NAMES = frozenset(
    {"identifier", "field_identifier", "type_identifier", "destructor_name", "operator_name", "operator_cast"}
)


def declared_names(declarator: Node, otherwise: str) -> Iterator[Named]:
    """Name what a declarator declares: pointers, arrays, parameters and scopes are peeled off one by one."""
    kind, owners = otherwise, []
    node: Node | None = declarator
    while node is not None and node.type not in _NAMES:
        inner = node.child_by_field_name("declarator")
        if node.type == "qualified_identifier":
            owners.append(spelling(node.child_by_field_name("scope")).partition("<")[0])
            inner = node.child_by_field_name("name")
        elif node.type in {"parenthesized_declarator", "reference_declarator"}:
            inner = first_child(node)
        elif node.type == "function_declarator" and inner is not None and not is_pointed(inner):
            kind = "function"
        elif node.type == "template_function":
            inner = node.child_by_field_name("name")
        node = inner
    if node is not None and spelling(node) not in KEYWORDS:
        yield Named(node, kind, ".".join(owner for owner in owners if owner))


def is_pointed(declarator: Node) -> bool:
    """Tell whether what has parameters is a pointer to a function, `(*name)(int)`, and no `(name)(int)`."""
    inner = first_child(declarator)
    return declarator.type == "parenthesized_declarator" and (inner is None or inner.type not in _NAMES)


def _declarators(kind: str) -> Namer:
    def namer(node: Node) -> Iterator[Named]:
        for declarator in node.children_by_field_name("declarator"):
            yield from declared_names(declarator, kind)

    return namer


_INCLUDE = lazy_pattern(r"#\s*(?:include|import|include_next)\s*(<[^>\n]+>|\"[^\"\n]+\")")


def imports(text: str) -> Iterator[ImportStatement]:
    """Read an `#include`; the module keeps its angle brackets."""
    if match := _INCLUDE.match(text):
        yield ImportStatement(match[1].strip('"'))


def candidates(module: str, _names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    """Look beside the importer first, then on any include path."""
    path = module.strip("<>")
    beside = None if module.startswith("<") else resolve_relative(importer, path)
    plain = re.sub(r"^(?:\.\.?/)+", "", path)
    return tuple(dict.fromkeys(found for found in (beside, plain) if found))


DEFINITIONS: dict[str, str | Namer] = {
    "function_definition": _declarators("function"),
    "declaration": _declarators("variable"),
    "field_declaration": _declarators("field"),
    "type_definition": _declarators("type"),
    "struct_specifier": with_body("struct"),
    "union_specifier": with_body("struct"),
    "enum_specifier": with_body("enum"),
    "enumerator": "constant",
    "preproc_def": "macro",
    "preproc_function_def": "macro",
}
BODIES = word_set(
    "translation_unit field_declaration_list enumerator_list declaration_list linkage_specification preproc_if "
    "preproc_ifdef preproc_else preproc_elif preproc_elifdef"
)
KEYWORDS = word_set(
    "auto bool break case char const continue default define defined do double elif else endif enum extern false "
    "float for goto if ifdef ifndef include inline int long NULL pragma register restrict return short signed "
    "sizeof static struct switch true typedef undef union unsigned void volatile while"
)

LANGUAGES = (
    Language(
        name="c",
        extensions=(".c",),
        grammar_module="tree_sitter_c",
        definitions=DEFINITIONS,
        bodies=BODIES,
        noise=(("/", SLASH_COMMENT), ('"', LINE_STRING), ("'", CHARACTER)),
        keywords=KEYWORDS,
        import_nodes=frozenset({"preproc_include"}),
        imports=imports,
        candidates=candidates,
        repair=blank_macros,
        misread=MACRO_IN_HEAD,
        parts=live_parts,
    ),
)
