"""TypeScript and TSX: what their nodes define beyond JavaScript's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.parse.languages import javascript
from noctule.indexer.parse.languages.language import Language, Named, word_set

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node

    from noctule.indexer.parse.languages.language import Namer


def _typescript() -> Grammar:
    import tree_sitter
    import tree_sitter_typescript

    return tree_sitter.Language(tree_sitter_typescript.language_typescript())


def _tsx() -> Grammar:
    import tree_sitter
    import tree_sitter_typescript

    return tree_sitter.Language(tree_sitter_typescript.language_tsx())


def _enum_members(body: Node) -> Iterator[Named]:
    for member in body.named_children:
        name = member.child_by_field_name("name") if member.type == "enum_assignment" else member
        if name is not None and name.type == "property_identifier":
            yield Named(name, "constant", at=member)


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
    "public_field_definition": "field",
}
_BODIES = javascript.BODIES | {"ambient_declaration", "interface_body", "object_type"}
_KEYWORDS = javascript.KEYWORDS | word_set(
    "abstract any asserts boolean bigint constructor declare enum implements infer interface is keyof module "
    "namespace never number object out override private protected public readonly satisfies string symbol type "
    "unique unknown"
)


def _language(name: str, extensions: tuple[str, ...]) -> Language:
    return Language(
        name=name,
        extensions=extensions,
        grammar=_tsx if name == "tsx" else _typescript,
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
        import_nodes=javascript.IMPORT_NODES,
        imports=javascript.imports,
        candidates=javascript.candidates,
    )


LANGUAGES = (_language("typescript", (".ts", ".mts", ".cts")), _language("tsx", (".tsx",)))
