"""Lines of a client that are not as they should be: each request is answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from noctule.lsp_server.mcp.arguments import Arguments, BadArgument
from noctule.lsp_server.mcp.incoming import REFUSED, make_readable, split_batch
from noctule.lsp_server.mcp.tools import NAMED
from tests.repositories import Repository as Made

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "context", "arguments": {"task": "x"}}}
START = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def test_half_a_character_is_replaced_and_all_else_stays() -> None:
    line = json.dumps(CALL).replace('"x"', '"cut \\ud83e and \\ud83e\\udd87"')

    assert json.loads(make_readable(line))["params"]["arguments"]["task"] == "cut ? and \N{BAT}"
    assert make_readable(json.dumps(CALL)) == json.dumps(CALL)


def test_a_mark_of_the_order_of_bytes_is_no_part_of_a_line() -> None:
    assert make_readable("\ufeff" + json.dumps(CALL)) == json.dumps(CALL)


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":' + "[" * 400 + "]" * 400 + "}",
        '{"jsonrpc":"2.0","method":"tools/call","params":' + "[" * 100_000 + "]" * 100_000 + ',"id":7}',
        '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[1]}',
        '{"id":7,"method":"tools/call"}',
        '{"jsonrpc":"2.0","id":7,"method":"tools/ca',
    ],
)
def test_what_cannot_be_read_keeps_its_id(line: str) -> None:
    assert json.loads(make_readable(line)) == {"jsonrpc": "2.0", "id": 7, "method": REFUSED}


def test_what_has_no_id_is_left_alone() -> None:
    assert [make_readable(line) for line in ("", "{\n", "[1]", "null")] == ["", "{\n", "[1]", "null"]


def test_arguments_that_are_spelled_in_json_are_understood() -> None:
    assert Arguments(NAMED["context"], {"task": "x", "budget": "300"}).number("budget", 500) == 300
    assert Arguments(NAMED["predict"], {"files": '["a.py", "b.py"]'}).texts("files") == ("a.py", "b.py")
    assert Arguments(NAMED["predict"], {"files": "[odd].py"}).texts("files") == ("[odd].py",)
    with pytest.raises(BadArgument):
        Arguments(NAMED["context"], {"task": "x", "budget": "3e2"}).number("budget", 500)


@pytest.mark.parametrize(
    "params",
    [
        {"name": "context", "arguments": json.dumps({"task": "x"})},
        json.dumps({"name": "context", "arguments": {"task": "x"}}),
        json.dumps({"name": "context", "arguments": json.dumps({"task": "x"})}),
    ],
)
def test_arguments_as_one_text_are_what_the_text_spells(params: object) -> None:
    assert json.loads(make_readable(json.dumps({**CALL, "params": params}))) == CALL


@pytest.mark.parametrize("text", ["reckon", "{broken", "[1]", '"{}"', "{" * 5_000])
def test_a_text_that_spells_no_arguments_stays(text: str) -> None:
    message = {**CALL, "params": {"name": "context", "arguments": text}}

    assert json.loads(make_readable(json.dumps(message))) == message


def test_each_message_of_a_batch_is_a_line() -> None:
    ping = {"jsonrpc": "2.0", "id": "two", "method": "ping"}

    assert [json.loads(line) for line in split_batch(json.dumps([CALL, ping]))] == [CALL, ping]
    assert [split_batch(line) for line in ("[]", "[1]", "[", json.dumps(CALL))] == [
        ["[]"],
        ["[1]"],
        ["["],
        [json.dumps(CALL)],
    ]


@contextmanager
def serving(root: Path, cache: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "noctule.lsp_server.cli.main", "mcp", "--no-sleep"]
    environment = {**os.environ, "NOCTULE_CACHE_DIR": str(cache)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        yield process
        process.stdin.close()


def _answers(process: subprocess.Popen[str], *lines: str) -> list[dict[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()
    return [json.loads(process.stdout.readline()) for _ in lines]


def test_a_server_answers_each_request_that_has_an_id(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit("Carts", {"cart.py": "def total():\n    return 1\n"})
    deep = '{"jsonrpc":"2.0","id":8,"method":"tools/call","params":' + "[" * 400 + "]" * 400 + "}"
    half = json.dumps(CALL).replace('"x"', '"total is wrong \\ud83e"')
    batch = json.dumps([{**CALL, "id": 9}])

    with serving(made.root, tmp_path / "cache") as process:
        answers = _answers(process, json.dumps(START), deep, half, batch)

    assert {answer["id"] for answer in answers} == {0, 7, 8, 9}
    assert next(answer for answer in answers if answer["id"] == 8)["error"]["code"] == -32601


def test_what_is_wrong_with_a_repository_is_said_to_who_asks(tmp_path: Path) -> None:
    made = Made(tmp_path / "shop")
    made.commit("Carts", {"cart.py": "def total():\n    return 1\n"})
    config = made.root / ".git/config"
    sound = config.read_text()
    config.write_text(f"{sound}[core]\n\trepositoryformatversion = 99\n")

    with serving(made.root, tmp_path / "cache") as process:
        started, refused = _answers(process, json.dumps(START), json.dumps(CALL))
        config.write_text(sound)
        (answered,) = _answers(process, json.dumps({**CALL, "id": 9}))

    assert "result" in started
    assert "git cannot open" in refused["result"]["content"][0]["text"]
    assert not answered["result"].get("isError")
