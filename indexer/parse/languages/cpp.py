"""C++, and headers of C and C++: what their nodes define beyond C's."""

from __future__ import annotations

from noctule.indexer.parse.c_macros import MACRO_IN_HEAD, blank_macros, live_parts
from noctule.indexer.parse.languages import c
from noctule.indexer.parse.languages.language import (
    CHARACTER,
    LINE_STRING,
    SLASH_COMMENT,
    Language,
    with_body,
    word_set,
)

_RAW = (
    r'"\([^)]*(?:\)(?!")[^)]*)*(?:\)"|\Z)'
    r'|"\w{1,16}\([^)]*(?:\)(?!\w{1,16}")[^)]*)*(?:\)\w{1,16}"|\Z)'
)

LANGUAGES = (
    Language(
        name="cpp",
        extensions=(
            *(".cc", ".cpp", ".cxx", ".c++", ".C", ".h", ".hh", ".hpp", ".hxx", ".h++"),
            *(".inl", ".ipp", ".tpp", ".cu", ".cuh", ".ino"),
        ),
        grammar_module="tree_sitter_cpp",
        definitions={
            **c.DEFINITIONS,
            "class_specifier": with_body("class"),
            "alias_declaration": "type",
            "concept_definition": "type",
        },
        bodies=c.BODIES | {"namespace_definition", "friend_declaration"},
        wrappers=frozenset({"template_declaration"}),
        noise=(("/", SLASH_COMMENT), ('"', LINE_STRING), ("'", CHARACTER), ("R", _RAW)),
        keywords=c.KEYWORDS
        | word_set(
            "alignas alignof and catch class concept const_cast consteval constexpr constinit co_await co_return "
            "co_yield decltype delete dynamic_cast explicit export final friend mutable namespace new noexcept "
            "not nullptr operator or override private protected public reinterpret_cast requires static_assert "
            "static_cast template this thread_local throw try typeid typename using virtual wchar_t"
        ),
        import_nodes=frozenset({"preproc_include"}),
        imports=c.imports,
        candidates=c.candidates,
        repair=blank_macros,
        misread=MACRO_IN_HEAD,
        parts=live_parts,
    ),
)
