"""TypeScript and TSX: what their nodes define beyond JavaScript's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages import javascript
from noctule.indexer.parse.languages.language import ImportStatement, Language, Named, word_set

if TYPE_CHECKING:
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Namer


_MEMBER = lazy_pattern(rb"[ \t]+(?=[<(]|in\??:)")
"""What stands before a member of a type that begins with its parameters, or is called `in`."""
_COMMENT = lazy_pattern(rb"\s*(?://|/?\*)")
_TRAILING = lazy_pattern(rb"//[^'\"]*$")
_ENDS = tuple(bytes((c,)) for c in b")>]}'\"")
_MODULE_TYPE = lazy_pattern(rb"\bimport\(\s*(?:'[^'\n]*'|\"[^\"\n]*\")\s*\)")


def separate_members(source: bytes) -> bytes:
    """Write a semicolon where the grammar finds none between members of a type, and a name for `import("module")`.

    The grammar does not end a member at a line break where the next one begins with `(`, `<` or `in`, and knows no type
    of a module as an argument. A line of code that goes on so, too, is harmed: this is for what cannot be read without.
    """
    found = bytearray(source)
    at, before = 0, b""
    for line in source.split(b"\n"):
        begins = _MEMBER.match(line)
        if begins is not None and (before.endswith(_ENDS) or before[-1:].isalnum()) and not before.endswith(b"=>"):
            found[at + begins.end() - 1] = ord(";")
        if line.strip() and not _COMMENT.match(line):
            before = _TRAILING.sub(b"", line).rstrip()
        at += len(line) + 1
    for match in _MODULE_TYPE.finditer(source):
        found[match.start() : match.end()] = b"_" * (match.end() - match.start())
    return bytes(found)


def _enum_members(body: Node) -> Iterator[Named]:
    for member in body.named_children:
        name = member.child_by_field_name("name") if member.type == "enum_assignment" else member
        if name is not None and name.type == "property_identifier":
            yield Named(name, "constant", at=member)


def _field(node: Node) -> Iterator[Named]:
    name = node.child_by_field_name("name")
    if name is not None:
        yield Named(name, javascript.field_kind(node))


_DEFINITIONS: dict[str, str | Namer] = {
    **{node: kind for node, kind in javascript.DEFINITIONS.items() if node != "field_definition"},
    "abstract_class_declaration": "class",
    "interface_declaration": "interface",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
    "enum_body": _enum_members,
    "internal_module": "module",
    "module": "module",
    "function_signature": "function",
    "method_signature": "method",
    "abstract_method_signature": "method",
    "property_signature": "field",
    "public_field_definition": _field,
}
_BODIES = javascript.BODIES | {
    "ambient_declaration",
    "interface_body",
    "object_type",
    "intersection_type",
    "union_type",
    "parenthesized_type",
}
_KEYWORDS = javascript.KEYWORDS | word_set(
    "abstract any asserts boolean bigint constructor declare enum implements infer interface is keyof module "
    "namespace never number object out override private protected public readonly satisfies string symbol type "
    "unique unknown"
)


_AUGMENTED = lazy_pattern(r"""module\s*["']([^"'\n]+)["']""")


def _imports(text: str) -> Iterator[ImportStatement]:
    """Read what JavaScript imports, and the module that `declare module "name" { }` adds to."""
    augmented = _AUGMENTED.match(text)
    if augmented is not None:
        yield ImportStatement(augmented[1])
    elif not text.startswith("module"):
        yield from javascript.imports(text)


def _language(name: str, extensions: tuple[str, ...]) -> Language:
    return Language(
        name=name,
        extensions=extensions,
        grammar_module="tree_sitter_typescript",
        grammar_function=f"language_{name}",
        definitions=_DEFINITIONS,
        bodies=_BODIES,
        wrappers=javascript.WRAPPERS | {"ambient_declaration"},
        prefixes=frozenset({"decorator"}),
        scopes=dict.fromkeys(javascript.FUNCTIONS, javascript.closure),
        letters="$#",
        noise=javascript.NOISE,
        keywords=_KEYWORDS,
        interpolating="`",
        interpolation=r"\$\{([^{}]*)",
        import_nodes=javascript.IMPORT_NODES | {"module"},
        imports=_imports,
        candidates=javascript.candidates,
        repair=separate_members,
    )


LANGUAGES = (_language("typescript", (".ts", ".mts", ".cts")), _language("tsx", (".tsx",)))
