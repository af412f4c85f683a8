"""The tools' schemas, held against their price and their documents; and the parts that decide without a server."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.errors import NoctuleError
from noctule.indexer.results import Claim, Evidence, Forecast, Freshness, LikelyChange, Note
from noctule.indexer.tokens import count
from noctule.lsp_server.mcp import reply
from noctule.lsp_server.mcp.access import Rate
from noctule.lsp_server.mcp.address import Address
from noctule.lsp_server.mcp.arguments import Arguments, BadArgument
from noctule.lsp_server.mcp.learner import Learning
from noctule.lsp_server.mcp.resources import NOTES, address_to_subject
from noctule.lsp_server.mcp.server import listed_tools
from noctule.lsp_server.mcp.tools import INSTRUCTIONS, NAMED, TOOLS
from noctule.lsp_server.text.code_fence import add_fence

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/mcp.md").read_text()
FRESH = Freshness("fresh")


def section(heading: str) -> str:
    return DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_all_tools_together_take_at_most_700_tokens() -> None:
    listed = listed_tools()

    assert len(TOOLS) <= 4
    assert count(listed.model_dump_json(by_alias=True, exclude_none=True)) <= 700
    assert count(INSTRUCTIONS) <= 60
    for tool in listed.tools:
        assert tool.title
        assert tool.annotations is not None
        hints = tool.annotations.model_dump(exclude={"title"})
        assert hints == {
            "read_only_hint": True,
            "destructive_hint": False,
            "idempotent_hint": True,
            "open_world_hint": False,
        }
        for argument in tool.input_schema["properties"].values():
            assert argument["title"]
            assert argument["description"]
            if argument["type"] == "integer":
                assert re.search(r"\b(tokens|entries)\b", argument["description"])
                assert argument["minimum"] <= argument["default"] <= argument["maximum"]


def test_the_document_names_every_tool_and_argument_and_no_other() -> None:
    rows = [row.split("|")[1:-1] for row in section("Tools").splitlines() if row.startswith("| `")]
    tools = {
        tuple(re.findall(r"`(\w+)`", row[0])): set(re.findall(r"`(\w+)`", row[1])) for row in rows if len(row) == 3
    }

    assert tools == {(tool.name,): set(tool.takes) for tool in TOOLS}


def read(tool: str, arguments: dict[str, object]) -> None:
    asked = Arguments(NAMED[tool], arguments)
    asked.text("task", 200_000)
    asked.text("subject")
    asked.texts("files")
    asked.number("budget", 500, 100)
    asked.number("offset", 0)
    asked.number("k", 10, 1)


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("context", {}, "needs the argument 'task'"),
        ("context", {"tsk": "x"}, "takes no argument 'tsk'"),
        ("context", {"task": 7}, "task must be a text"),
        ("context", {"task": "a\0b"}, "NUL"),
        ("context", {"task": "x" * 1_000_000}, "1,000,000 characters"),
        ("context", {"task": "x", "budget": 99}, "at least 100"),
        ("context", {"task": "x", "budget": "many"}, "must be a whole number"),
        ("context", {"task": "x", "budget": True}, "must be a whole number"),
        ("notes", {"subject": "x" * 5_000}, "5,000 characters"),
        ("notes", {"offset": -1}, "at least 0"),
        ("predict", {"files": {"a": 1}}, "must be a list"),
        ("predict", {"files": [1]}, "must be a text"),
        ("predict", {"files": ["x"] * 201}, "201 paths"),
        ("predict", {"k": 0}, "at least 1"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_with_what_to_pass_instead(
    tool: str, arguments: dict[str, object], why: str
) -> None:
    with pytest.raises(BadArgument, match=re.escape(why)) as caught:
        read(tool, arguments)

    assert caught.value.advice


def test_null_is_what_was_left_out_and_one_path_is_a_list_of_one() -> None:
    asked = Arguments(NAMED["predict"], {"files": "a.py", "task": None, "offset": 2.0})

    assert asked.texts("files") == ("a.py",)
    assert asked.text("task") == ""
    assert asked.number("offset", 0) == 2


def note_of(texts: list[str]) -> Note:
    evidence = Evidence("shop/cart.py", 1, 3, "00")
    claims = tuple(Claim(text, "shop/cart.py", "dependents", (evidence,)) for text in texts)
    return Note("0" * 40, False, "shop/cart.py", "file", claims, {}, FRESH)


@given(st.lists(st.text(max_size=80), max_size=30), st.integers(200, 800))
def test_pages_of_a_note_hold_every_claim_once_and_keep_to_the_budget(texts: list[str], budget: int) -> None:
    note = note_of(texts)
    offset, shown, more = 0, [], True

    while more:
        answer = reply.of_note(note, offset, budget, None)
        claims = [line for line in answer.text.split("\n") if line.endswith(" [shop/cart.py:1-3]")]
        assert answer.tokens <= budget or len(claims) == 1
        assert answer.numbers["more"] == len(texts) - offset - len(claims)
        shown += claims
        offset += len(claims)
        more = bool(answer.numbers["more"])

    assert len(shown) == len(texts)


@given(st.lists(st.text(), max_size=5))
def test_nothing_inside_can_close_a_fence(lines: list[str]) -> None:
    _, fence, *inside, end = add_fence("Heading.", lines).split("\n")

    assert fence == end
    assert len(inside) == len(lines)
    assert not any(fence in line for line in inside)


def test_a_learning_repository_says_so() -> None:
    learning = Learning("It is being indexed (reading: 3 of 9); ask again in 4 s.", 4)
    answer = reply.of_note(note_of(["It is used."]), 0, 600, learning)

    assert "ask again in 4 s" in answer.text
    assert answer.numbers["ask_again_s"] == 4
    assert answer.numbers["budget"] == 600


def test_a_forecast_leaves_out_what_is_unlikely_and_names_files_it_does_not_know() -> None:
    points = (LikelyChange("a.py", "run", 0.5, ()), LikelyChange("b.py", None, 0.01, ()))
    forecast = Forecast("0" * 40, False, (), points, {"recall@10": 0.5}, {}, 60, None, FRESH)
    answer = reply.of_forecast(forecast, ["new.py"], (0, 10), 400, None)

    assert "50% a.py:run" in answer.text
    assert "b.py" not in answer.text
    assert "Left out, not indexed yet: new.py." in answer.text
    withheld = replace(forecast, change_points=(), withheld="too few commits")
    assert "No forecast: too few commits" in reply.of_forecast(withheld, [], (0, 10), 400, None).text


def test_a_forecast_names_as_many_as_asked_and_says_how_to_go_on() -> None:
    points = tuple(LikelyChange(f"f{number}.py", None, 0.9 - number / 100, ()) for number in range(7))
    forecast = Forecast("0" * 40, False, (), points, {}, {}, 60, None, FRESH)
    answer = reply.of_forecast(forecast, [], (2, 3), 400, None)

    assert re.findall(r"f\d\.py", answer.text) == ["f2.py", "f3.py", "f4.py"]
    assert "2 more from offset 5." in answer.text
    assert answer.numbers["more"] == 2


@given(st.text().filter(lambda text: "\0" not in text))
def test_an_address_leads_back_to_its_subject(subject: str) -> None:
    try:
        named = os.fsencode(subject)
    except UnicodeEncodeError:  # no path has such a name
        return

    assert address_to_subject(NOTES + quote(named, safe="/")) == subject


@pytest.mark.parametrize("address", ["file:///etc/passwd", "noctule://status", "noctule://notes/%00", "noctule://note"])
def test_other_addresses_lead_nowhere(address: str) -> None:
    with pytest.raises(NoctuleError):
        address_to_subject(address)


@pytest.mark.parametrize(
    ("text", "host", "port", "is_loopback"),
    [
        ("7171", "127.0.0.1", 7171, True),
        ("localhost:0", "localhost", 0, True),
        ("[::1]:80", "::1", 80, True),
        ("192.168.7.2:80", "192.168.7.2", 80, False),
        ("example.org:80", "example.org", 80, False),
    ],
)
def test_an_address_to_listen_on_is_read(text: str, host: str, port: int, is_loopback: bool) -> None:
    assert Address.of(text) == Address(host, port)
    assert Address.of(text).is_loopback is is_loopback


@pytest.mark.parametrize("text", ["", "x", ":1", "host:", "host:99999", "0.0.0.0:1", "[::]:1", "1:-1", "host:²"])
def test_what_is_no_address_or_all_of_them_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Address.of(text)


def test_a_rate_lets_a_burst_through_and_then_so_many_in_a_second() -> None:
    now = [0.0]
    rate = Rate(2.0, 3, lambda: now[0])

    assert [rate.wait_s() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [rate.wait_s() for _ in range(2)] == [0, 0.5]
