"""C and C++ whose macros hide declarations from the parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.parse.c_macros import blank_macros
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import detect_language

HEADER = """\
#pragma once
NLOHMANN_JSON_NAMESPACE_BEGIN
namespace detail
{
JSON_HEDLEY_DIAGNOSTIC_PUSH

template<typename Type>
class API_EXPORT parser : public base_parser
{
  JSON_PRIVATE_UNLESS_TESTED:
    using value_type = Type;

    FMT_CONSTEXPR parser(int depth) noexcept : depth_(depth) {}

    JSON_HEDLEY_NON_NULL(2)
    JSON_HEDLEY_RETURNS_NON_NULL
    const char* name() const noexcept
    {
        JSON_TRY
        {
            return "name";
        }
        JSON_CATCH(...) {}
    }

    LIB_NODISCARD auto size(int limit LIB_UNUSED) const -> int LIB_NOEXCEPT {
        if LIB_CONSTEXPR (true) return limit;
        return 1;
    }
};

template<> struct traits<int> { static void get(); };

enum colour { FIRST_ONE, LAST_ONE };
}
NLOHMANN_JSON_NAMESPACE_END
"""


def qualified_names(text: str, path: str = "x.hpp") -> list[str]:
    language = detect_language(path)
    assert language is not None
    return [d.qualname for d in extract_symbols(text.encode(), language).definitions if d.kind != "macro"]


def test_what_stands_behind_macros_is_found_with_its_lines() -> None:
    language = detect_language("x.hpp")
    assert language is not None
    found = {d.qualname: d.span.start for d in extract_symbols(HEADER.encode(), language).definitions}

    assert {name: found[name] for name in ("parser", "parser.name", "parser.size", "traits", "colour.LAST_ONE")} == {
        "parser": 6,
        "parser.name": 16,
        "parser.size": 25,
        "traits": 31,
        "colour.LAST_ONE": 33,
    }
    assert found.keys() >= {"parser.value_type", "parser.parser", "traits.get", "colour.FIRST_ONE"}


def test_attributes_in_small_letters_are_no_part_of_a_name() -> None:
    source = """\
json_inline raw_string::raw_string(const char* _buf) noexcept : buf{_buf} {}
json_warn_unused json_really_inline result<bool> iterator::start_object() noexcept { return true; }
json_inline unsigned foo_inline(int x) { return x; }
"""

    assert qualified_names(source) == ["raw_string.raw_string", "iterator.start_object", "foo_inline"]


def test_a_function_with_a_run_of_macros_in_its_body_is_found() -> None:
    text = (
        "void tidy_up() {\n   {\n      TALLY TALLY TALLY\n      TALLY\n   }\n   b = a;\n}\nint last() { return 1; }\n"
    )

    assert qualified_names(text, "x.cpp") == ["tidy_up", "last"]


@pytest.mark.parametrize(
    "body",
    [
        "#ifdef A\n  if (a) {\n#else\n  if (b) {\n#endif\n  }",
        "#ifdef A\n  if (a && c)\n#else\n  if (b)\n#endif\n  {\n    run();\n  }",
        "  if (b)\n#ifdef A\n    run(1);\n#else\n    run(2);\n#endif\n  else {\n    stop();\n  }",
        "#ifdef A\n  if (a)\n    run();\n  else\n#endif\n    stop();",
        "  if (a) {\n    run();\n  }\n#ifdef A\n  else if (b) {\n    stop();\n  }\n#endif",
        "  if (a\n#ifdef A\n      && b\n#endif\n      && c) {\n    run();\n  }",
        "#ifdef A\n  if (a)\n    goto out;\nout:\n#endif\n  while (b)\n    run();",
        '  fail("no " QUOTED_NAME("x") " here", QUOTED_NAME("y") " there");',
        "  if (a)\n    b = (int) READ_ITEM(file, 1);\n  else\n    stop();",
    ],
)
def test_a_function_with_torn_branches_hides_no_other(body: str) -> None:
    text = f"int one(int a) {{\n  int local;\n{body}\n}}\nvoid two() {{}}\nstatic CONST double three[] = {{ 1e16 }};\n"

    assert qualified_names(text, "x.c")[:3] == ["one", "two", "three"]


def test_a_condition_in_the_head_of_a_type_hides_nothing_in_it() -> None:
    store = "class Store\n#if OLD_COMPILER\n    : public Base, Other\n#endif\n{\n  void get() {}\n};\n"
    text = f"{store}namespace\n#ifdef STD\n    std\n#else\n    fmt\n#endif\n{{\nstruct Page {{ int x; }};\n}}\n"

    assert qualified_names(text, "x.cpp") == ["Store", "Store.get", "Page", "Page.x"]


CLASS = """\
JSON_TPL_DECLARATION
class basic : public base<Type>
{
  public:
    LIB_WARN_UNUSED
    LIB_DEPRECATED_FOR(3.8.0, parse(ptr, ptr + len))
    static basic parse(const char* text);

    template <typename T>
#if defined(HAS_CPP_14)
    constexpr
#endif
    auto get() const -> T { return T(); }

    reference at(int key)
    {
        if (unsigned(key) < unsigned(size())) return map->operator[](key);
        LIB_IMPLEMENT_OPERATOR( ==, true, false)
        return operator[](key).first;
    }

    friend bool operator==(basic a, basic b) { return a.x == b.x; }
    operator bool() const { return x; }
};
LIB_TYPE_CONSTANT(int, int_type);
LIB_TYPE_CONSTANT(long long, long_long_type);
LIB_NON_NULL(1)
#if LIB_CHECK(4,9,0)
    inline basic operator ""_basic(const char* s, std::size_t n)
#else
    inline basic operator "" _basic(const char* s, std::size_t n)
#endif
{
    return basic::parse(s);
}
int last;
"""


def test_a_class_is_found_with_all_that_stands_in_it() -> None:
    members = ["parse", "get", "at", "operator==", "operator bool"]
    assert qualified_names(CLASS) == ["basic", *(f"basic.{name}" for name in members), 'operator ""_basic', "last"]


def test_what_a_text_leaves_out_defines_nothing() -> None:
    text = "#if 0\nint a;\n#else\nint b;\n#endif\n#if 1\nint c;\n#else\nint d;\n#endif\n#if A\nint e;\n#endif\n"

    assert qualified_names(text, "x.c") == ["b", "c", "e"]


@pytest.mark.parametrize(
    "text",
    [
        "HANDLE CreateFile(DWORD_PTR size);\n",
        "DWORD_PTR size;\n",
        "enum kind {\n    KIND_FIRST,\n    KIND_LAST\n};\n",
        "void run() {\n    MY_ASSERT(1 == 1);\n}\n",
        "TEST_CASE(parser, name) {\n    run();\n}\n",
        "int x = MY_LIMIT;\n",
        "int x[] = {MY_FIRST(1), MY_SECOND(2), 0};\n",
        'const char* text = "A_MACRO class x";  // A_MACRO class x\n',
    ],
)
def test_capitals_that_are_no_such_macros_stay(text: str) -> None:
    assert blank_macros(text.encode()) == text.encode()


@given(st.lists(st.sampled_from([*"{};(),:<>=#\n\" '/*", "class ", "A_MACRO ", "MACRO_B(", "int x", "if", "#if 1\n"])))
def test_every_other_byte_keeps_its_place(parts: list[str]) -> None:
    text = "".join(parts).encode()

    blanked = blank_macros(text)

    assert len(blanked) == len(text)
    assert [at for at, byte in enumerate(blanked) if byte == 10] == [at for at, byte in enumerate(text) if byte == 10]


def test_the_type_of_a_function_may_stand_in_a_macro() -> None:
    header = b"API_PUBLIC(int) count(void);\nAPI_PUBLIC(const item *) first(const list *all);\nAPI_PUBLIC(2) (all);\n"

    assert blank_macros(header).decode().split("\n")[:2] == [
        "           int  count(void);",
        "           const item *  first(const list *all);",
    ]
    assert b"API_PUBLIC(2) (all)" in blank_macros(header)


def test_a_macro_may_be_all_that_a_struct_has() -> None:
    source = "struct base { BASE_FIELDS };\nunion any { BASE_MAP(XX) };\nenum kind { KIND_ONE };\nint after;\n"
    language = detect_language("a.h")
    assert language is not None

    found = [d.qualname for d in extract_symbols(source.encode(), language).definitions]

    assert found == ["base", "any", "kind", "kind.KIND_ONE", "after"]


@pytest.mark.parametrize("path", ["api.h", "api.c"])
def test_a_macro_before_the_name_of_a_type_hides_no_type_where_nothing_is_an_error(path: str) -> None:
    text = b"struct API Options {\n  int depth;\n};\nunion API(1) Either {\n  int one;\n};\nstruct API made(void) { }\n"
    symbols = extract_symbols(text, detect_language(path))  # type: ignore[arg-type]

    assert [(d.kind, d.qualname) for d in symbols.definitions] == [
        ("struct", "Options"),
        ("field", "Options.depth"),
        ("struct", "Either"),
        ("field", "Either.one"),
        ("function", "made"),
    ]


def test_a_macro_between_a_type_and_a_name_is_no_name() -> None:
    text = """\
int CALL inflate(int level) { return level; }
const unsigned char HIDDEN lengths[2] = { 1, 2 };
const char * CALL version(void);
unsigned HIDDEN count(int FAR *of);
static SIZE_TYPE size(LONG_INT of) { return (SIZE_TYPE) of; }
typedef int OTHER_INT;
struct SHOWN thing { int at; };
"""

    assert qualified_names(text, "x.c") == [
        "inflate", "lengths", "version", "count", "size", "OTHER_INT", "thing", "thing.at",
    ]  # fmt: skip


def test_a_macro_before_the_qualified_name_of_a_member_is_no_namespace() -> None:
    text = "void MY_INLINE lib::sink<M>::set(int x) {}\nstd::string MY_INLINE lib::sink::name() const { return n; }\n"

    assert qualified_names(text, "x.cpp") == ["lib.sink.set", "lib.sink.name"]
