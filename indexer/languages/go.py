"""Go: what its nodes define, and which folders its imports mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from indexer.languages.language import (
    CHARACTER,
    LINE_STRING,
    SLASH_COMMENT,
    Imported,
    Language,
    Named,
    fields_named,
    listed,
    spelling,
)

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node


def _grammar() -> Grammar:
    import tree_sitter
    import tree_sitter_go

    return tree_sitter.Language(tree_sitter_go.language())


_RECEIVER = re.compile(r"\*?\s*([\w]+)\s*(?:\[[^\]]*\])?\s*\)$")
_TYPES = {"struct_type": "struct", "interface_type": "interface"}


def _method(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    receiver = _RECEIVER.search(spelling(node.child_by_field_name("receiver")))
    if name is not None:
        yield Named(name, "method", receiver[1] if receiver else "")


def _type(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    written = node.child_by_field_name("type")
    if name is not None:
        yield Named(name, _TYPES.get(written.type, "type") if written is not None else "type")


def _constants(node: Node) -> list[Named]:
    return fields_named(node, "name", "constant")


def _variables(node: Node) -> list[Named]:
    return fields_named(node, "name", "variable")


def _fields(node: Node) -> list[Named]:
    return fields_named(node, "name", "field")


_QUOTED = re.compile(r'"([^"\n]+)"|`([^`\n]+)`')


def _imports(text: str) -> Iterator[Imported]:
    for match in _QUOTED.finditer(text):
        yield Imported(match[1] or match[2])


def _candidates(module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    parts = module.split("/")
    if "." not in parts[0]:
        return (f"{module}/", *([f"{'/'.join(parts[1:])}/"] if len(parts) > 2 else []))
    inside = parts[3:] if parts[0] in {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"} else parts[2:]
    if inside and re.fullmatch(r"v\d+", inside[0]):
        inside = inside[1:]
    if not inside:
        return ("/",)
    return tuple(f"{'/'.join(inside[start:])}/" for start in range(max(1, len(inside) - 1)))


LANGUAGES = (
    Language(
        name="go",
        extensions=(".go",),
        grammar=_grammar,
        definitions={
            "function_declaration": "function",
            "method_declaration": _method,
            "type_spec": _type,
            "type_alias": _type,
            "const_spec": _constants,
            "var_spec": _variables,
            "field_declaration": _fields,
            "method_elem": "method",
        },
        bodies=listed(
            "source_file const_declaration var_declaration var_spec_list type_declaration struct_type "
            "interface_type field_declaration_list"
        ),
        noise=(
            ("/", SLASH_COMMENT),
            ('"', LINE_STRING),
            ("'", CHARACTER),
            ("`", r"[^`]*`?"),
        ),
        keywords=listed(
            "break case chan const continue default defer else fallthrough false for func go goto if import "
            "interface iota map nil package range return select struct switch true type var append cap close copy "
            "delete len make new panic print println recover bool byte error float32 float64 int int8 int16 int32 "
            "int64 rune string uint uint8 uint16 uint32 uint64 uintptr any"
        ),
        import_nodes=frozenset({"import_declaration"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
