"""Rust: what its nodes define, and which files its `use` and `mod` mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.parse.languages.language import (
    SLASH_COMMENT,
    ImportStatement,
    Language,
    spelling,
    with_body,
    word_set,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _impl_owner(node: Node) -> tuple[str, str]:
    written = spelling(node.child_by_field_name("type"))
    return written.partition("<")[0].rpartition("::")[2].strip("&' "), "struct"


_PATH = lazy_pattern(r"^(?:pub\s*(?:\([^)]*\))?\s*)?(use|mod)\b\s*")


def _imports(text: str) -> Iterator[ImportStatement]:
    text = re.sub(r"//[^\n]*|#\[[^\]]*\]", " ", text)
    match = _PATH.match(text.lstrip())
    if match is None:
        return
    rest = text.lstrip()[match.end() :].partition(";")[0]
    if match[1] == "mod":
        if "{" not in rest:
            yield ImportStatement("self", (rest.strip(),))
        return
    yield from _leaves(re.sub(r"\s+as\s+\w+", "", rest))


def _leaves(tree: str) -> Iterator[ImportStatement]:
    """Flatten `a::{b, c::{d}}` into one import for each group of names."""
    prefixes = [""]
    names: list[list[str]] = [[]]
    path = ""
    for token in [*re.findall(r"::|[{},]|[\w#*]+", tree), ","]:
        if token == "::":
            path += "::"
        elif token == "{":
            prefixes.append(prefixes[-1] + path)
            names.append([])
            path = ""
        elif token in ",}":
            if path:
                head, _, name = (prefixes[-1] + path).rpartition("::")
                if head == prefixes[-1].removesuffix("::") and len(prefixes) > 1:
                    names[-1].append(name)
                else:
                    yield ImportStatement(head or name, (name,) if head else ())
            path = ""
            if token == "}" and len(prefixes) > 1:
                head, found = prefixes.pop(), names.pop()
                if found:
                    yield ImportStatement(head.removesuffix("::"), tuple(found))
        else:
            path += token


def _candidates(module: str, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
    parts = [part for part in module.split("::") if part]
    if not parts or parts[0] in {"std", "core", "alloc"}:
        return ()
    folder, _, file = importer.rpartition("/")
    own = folder if file in {"mod.rs", "lib.rs", "main.rs"} else f"{folder}/{file.removesuffix('.rs')}".lstrip("/")
    first = parts[0]
    if first == "crate":
        head, found, _ = f"/{folder}/".rpartition("/src/")
        base, inside = (f"{head}/src".lstrip("/") if found else folder), parts[1:]
    elif first in {"self", "super"}:
        base, inside = own, parts[parts.count("self") if first == "self" else 0 :]
        while inside and inside[0] == "super":
            base, inside = base.rpartition("/")[0], inside[1:]
    else:
        spellings = dict.fromkeys((first, first.replace("_", "-")))
        inside = parts[1:]
        bases = [f"{name}/src" for name in spellings]
        return tuple(
            path
            for base in bases
            for path in (*_files(base, [*inside, names[0]] if names else inside), f"{base}/lib.rs")
        ) + (_files(own, [*parts, *names[:1]]) if len(parts) > 1 or names else ())
    found_files: dict[str, None] = {}
    for name in names or ("",):
        whole = [*inside, name] if name not in {"", "*", "self"} else inside
        found_files |= dict.fromkeys(_files(base, whole))
    if first == "crate":
        found_files |= dict.fromkeys((f"{base}/lib.rs", f"{base}/main.rs"))
    elif not inside or base != own:
        found_files |= dict.fromkeys((f"{base}.rs", f"{base}/mod.rs", f"{base}/lib.rs")) if base else {}
    return tuple(found_files)


def _files(base: str, inside: list[str]) -> tuple[str, ...]:
    """Return the files that a path of modules may lie in: the last part may be an item, and so on upwards."""
    found = []
    for length in range(len(inside), max(0, len(inside) - 3), -1):
        path = "/".join(([base] if base else []) + inside[:length])
        found += [f"{path}.rs", f"{path}/mod.rs"]
    return tuple(found)


_RAW = r'"[^"]*"|#"[^"]*(?:"(?!#)[^"]*)*(?:"#|\Z)|##"[^"]*(?:"(?!##)[^"]*)*(?:"##|\Z)'

LANGUAGES = (
    Language(
        name="rust",
        extensions=(".rs",),
        grammar_module="tree_sitter_rust",
        definitions={
            "function_item": "function",
            "function_signature_item": "function",
            "struct_item": "struct",
            "union_item": "struct",
            "enum_item": "enum",
            "enum_variant": "constant",
            "trait_item": "trait",
            "type_item": "type",
            "associated_type": "type",
            "const_item": "constant",
            "static_item": "constant",
            "macro_definition": "macro",
            "mod_item": with_body("module"),
            "field_declaration": "field",
        },
        bodies=frozenset({"source_file", "declaration_list", "block", "enum_variant_list", "field_declaration_list"}),
        prefixes=frozenset({"attribute_item"}),
        scopes={"impl_item": _impl_owner},
        landmarks="pub|fn|async|unsafe|struct|enum|trait|impl|type|const|static|use|mod|macro_rules",
        noise=(
            ("/", SLASH_COMMENT),
            ('"', r'[^"\\]*(?:\\.[^"\\]*)*"?'),
            ("'", r"\\[^'\n]{1,10}'|\\''|[^'\\\n\x80-\xff]'|[\x80-\xff]{2,4}'"),
            ("r", _RAW),
        ),
        keywords=word_set(
            "as async await bool box break char const continue crate dyn else enum extern f32 f64 false fn for "
            "i128 i16 i32 i64 i8 if impl in isize let loop macro_rules match mod move mut pub ref return Self "
            "self static str struct super trait true type u128 u16 u32 u64 u8 union unsafe use usize where while "
            "br"
        ),
        import_nodes=frozenset({"use_declaration", "mod_item"}),
        imports=_imports,
        candidates=_candidates,
    ),
)
