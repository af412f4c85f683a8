"""What is put into a configuration is all that changes in it, and taking it out gives back the bytes there were."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.lsp_server.install import config_text as texts
from noctule.lsp_server.install.clients import MARKED, RELAXED, STRICT, TOML
from noctule.lsp_server.install.entry import BrokenConfig, Want

SERVER = Want(("mcpServers", "noctule"), {"command": "noctule", "args": ["mcp"]})
HOOKS = (
    Want(("hooks", "UserPromptSubmit"), {"hooks": [{"type": "command", "command": "noctule hook"}]}, listed=True),
    Want(("hooks", "PostToolUse"), {"matcher": "Edit", "hooks": [{"type": "command"}]}, listed=True),
)
TABLE = Want(("mcp_servers", "noctule"), {"command": "noctule", "args": ["mcp"]})

KEYS = st.sampled_from(["mcpServers", "hooks", "PostToolUse", "noctul", 'quote"', "{", "//", "é", ""]) | st.text()
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=8)
GAPS = st.sampled_from(["", " ", "\n", "\r\n\t", "  \n  "])
COMMENTS = st.sampled_from(["", " ", "\n  ", '// } ] , " \n', '/* { " */', " // a\r\n// b\n", "/* a\n */ // b\n"])


@st.composite
def documents(draw: st.DrawFn, gaps: st.SearchStrategy[str], relaxed: bool) -> str:
    """Draw an object as text, with a gap wherever one may be."""

    def written(value: Any) -> str:
        if not isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=draw(st.booleans()))
        parts = (
            [f"{json.dumps(k)}{draw(gaps)}:{draw(gaps)}{written(v)}" for k, v in value.items()]
            if isinstance(value, dict)
            else [written(v) for v in value]
        )
        body = ",".join(f"{draw(gaps)}{part}{draw(gaps)}" for part in parts)
        if parts and relaxed and draw(st.booleans()):
            body += f",{draw(gaps)}"
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return f"{opening}{body or draw(gaps)}{closing}"

    top = draw(st.dictionaries(KEYS, VALUES, max_size=3))
    if draw(st.booleans()):
        top["mcpServers"] = draw(st.dictionaries(KEYS, VALUES, max_size=2))
    if draw(st.booleans()):
        top["hooks"] = {"PostToolUse": draw(st.lists(VALUES, max_size=2))}
    text = f"{draw(gaps)}{written(top)}{draw(gaps)}"
    return draw(st.sampled_from(["", "\ufeff"])) + text


def check_round_trip(text: str, form: str, wants: tuple[Want, ...]) -> None:
    before = texts.parse(text, form)
    try:
        after, steps, taken = texts.insert(text, form, wants)
    except BrokenConfig as error:
        assert " is not a" in str(error)  # a key that we need holds something else  # noqa: PT017
        return

    for want in wants:
        assert texts.json_text.holds(texts.parse(after, form), want) == want.value
    assert texts.undone(after, steps) == text
    assert texts.insert(after, form, wants) == (after, [], [])
    assert texts.parse(texts.remove(after, form, steps, taken), form) == before


@given(documents(GAPS, relaxed=False), st.sampled_from([(SERVER,), HOOKS]))
def test_any_json_comes_back_byte_for_byte(text: str, wants: tuple[Want, ...]) -> None:
    check_round_trip(text, STRICT, wants)


@given(documents(COMMENTS, relaxed=True), st.sampled_from([(SERVER,), HOOKS]), st.sampled_from([RELAXED, MARKED]))
def test_any_json_with_comments_comes_back_byte_for_byte(text: str, wants: tuple[Want, ...], form: str) -> None:
    check_round_trip(text, form, wants)


@given(documents(COMMENTS, relaxed=True))
def test_what_a_client_writes_anew_loses_only_what_was_put_in(text: str) -> None:
    try:
        after, steps, taken = texts.insert(text, RELAXED, HOOKS)
    except BrokenConfig:
        return
    anew = json.dumps(texts.parse(after, RELAXED), indent=1)

    rest = texts.remove(anew, RELAXED, steps, taken)

    assert texts.parse(rest, RELAXED) == texts.parse(text, RELAXED)


TOML_KEYS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
TOML_VALUES = st.sampled_from(
    ["1", "'#'", '"x # y"', "[1, 2] # c", "'''\n[mcp_servers]\n'''", "{ a = 1 }", "1979-05-27"]
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines = []
    for number in range(draw(st.integers(0, 4))):
        if number or draw(st.booleans()):
            lines.append(f"[{draw(st.sampled_from(['', 'mcp_servers.']))}t{number}]")
        keys = draw(st.lists(TOML_KEYS, unique=True, max_size=3))
        lines += [f"{key} = {draw(TOML_VALUES)}" for key in keys]
        lines += draw(st.lists(st.sampled_from(["", "# a comment", "  # >>> another tool"]), max_size=2))
    return newline.join(lines).replace("\r\n", "\n").replace("\n", newline) + draw(st.sampled_from(["", newline]))


@given(tables())
def test_any_toml_comes_back_byte_for_byte(text: str) -> None:
    tomllib.loads(text)

    check_round_trip(text, TOML, (TABLE,))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "mcpServers": {\n    "noctule": 1\n  }\n}'),
        ("", '{\n  "mcpServers": {\n    "noctule": 1\n  }\n}\n'),
        (
            '{\n\t"mcpServers": {\n\t\t"a": {} // first\n\t}\n}\n',
            '{\n\t"mcpServers": {\n\t\t"a": {}, // first\n\t\t"noctule": 1\n\t}\n}\n',
        ),
        ('{"mcpServers": {"a": 2,}}', '{"mcpServers": {"a": 2,\n  "noctule": 1\n}}'),
        (
            '{\r\n    "a": 1\r\n}',
            '{\r\n    "a": 1,\r\n    "mcpServers": {\r\n        "noctule": 1\r\n    }\r\n}',
        ),
    ],
)
def test_what_is_put_in_follows_the_style_of_the_file(before: str, after: str) -> None:
    assert texts.insert(before, RELAXED, [Want(("mcpServers", "noctule"), 1)])[0] == after


@pytest.mark.parametrize(
    ("text", "form", "why"),
    [
        ('{"a": 1', STRICT, "line 1, column 8: a comma or } is expected"),
        ('{\n "a" 1}', STRICT, "line 2, column 6: a colon is expected"),
        ('{"a": 1,}', STRICT, "line 1, column 8: a comma before }"),
        ('{"a": 1} // c', STRICT, "line 1, column 10: there is text after the end"),
        ('{"a": NaN}', RELAXED, "line 1, column 7: a value is expected"),
        ("[" * 1000, RELAXED, "line 1, column 202: more than 200 levels"),
        ("[]", STRICT, "the document is not an object"),
        ('{"mcpServers": null}', STRICT, "mcpServers is not an object"),
        ('{"mcpServers": {"noctule": {}}}', STRICT, "mcpServers.noctule exists already"),
    ],
)
def test_a_broken_text_is_refused_and_says_where(text: str, form: str, why: str) -> None:
    with pytest.raises(BrokenConfig) as refused:
        texts.insert(text, form, [SERVER])

    assert why in str(refused.value)


def test_an_edit_elsewhere_is_kept_when_noctule_is_taken_out() -> None:
    before = '{\n  "a": 1, // one\n  "b": 2\n}\n'
    after, steps, taken = texts.insert(before, MARKED, [SERVER])

    rest = texts.remove(after.replace('"a": 1', '"aaa": [3]'), MARKED, steps, taken)

    assert rest == before.replace('"a": 1', '"aaa": [3]')


def test_an_entry_that_was_changed_by_hand_is_not_taken_out() -> None:
    after, steps, taken = texts.insert("{}", STRICT, [SERVER])

    with pytest.raises(BrokenConfig, match="not as `noctule install` wrote it"):
        texts.remove(after.replace('"mcp"', '"mcp", "--no-sleep"'), STRICT, steps, taken)


@pytest.mark.parametrize("text", ['\ufeffmodel = "o3"\r\n', '\ufeff[mcp_servers.other]\ncommand = "x"\n', "a.b = 1\n"])
def test_toml_behind_a_byte_order_mark_comes_back_byte_for_byte(text: str) -> None:
    check_round_trip(text, TOML, (TABLE,))


def test_a_table_in_one_line_is_refused_with_the_true_reason() -> None:
    with pytest.raises(BrokenConfig, match="mcp_servers is an inline table, to which no table can be added"):
        texts.insert('mcp_servers = { other = { command = "x" } }\n', TOML, (TABLE,))
