"""Edits and columns, held against what the protocol says of them, character by character."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.lsp_server.lsp.documents import DocumentPosition, DocumentText, Edit, Encoding, characters, units
from tests.patience import PATIENCE_S

ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]
WIDTH = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
CODEC = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
texts = st.text(st.sampled_from("ab é€😀𝕏\n\r\x0b\x0c\x1c\x85\u2028"), max_size=40)


def width(text: str, encoding: Encoding) -> int:
    return len(text.encode(CODEC[encoding])) // WIDTH[encoding]


@given(texts, st.sampled_from(ENCODINGS))
def test_every_place_leads_back_to_its_offset(content: str, encoding: Encoding) -> None:
    text = DocumentText(content, 1, encoding)

    for offset in range(len(content) + 1):
        if content[max(offset - 1, 0) : offset + 1] != "\r\n":  # no place lies between the two
            assert text.offset(text.place(offset)) == offset


@given(texts, st.sampled_from(ENCODINGS))
def test_lines_end_where_the_protocol_says_and_nowhere_else(content: str, encoding: Encoding) -> None:
    text = DocumentText(content, 1, encoding)

    assert [text.line(number) for number in range(text.lines)] == re.split(r"\r\n|\n|\r", content)


@given(texts, texts, st.data(), st.sampled_from(ENCODINGS))
def test_an_edit_replaces_what_lies_between_its_places(
    content: str, written: str, data: st.DataObject, encoding: Encoding
) -> None:
    cuts = [n for n in range(len(content) + 1) if content[max(n - 1, 0) : n + 1] != "\r\n"]
    start, stop = sorted(data.draw(st.tuples(st.sampled_from(cuts), st.sampled_from(cuts))))
    text = DocumentText(content, 1, encoding)

    edited = text.apply_edits([Edit(written, text.place(start), text.place(stop))], 2)

    assert edited.content == content[:start] + written + content[stop:]
    assert edited.version == 2


@given(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), max_size=20), st.integers(0, 90)
)
def test_a_column_in_the_middle_of_a_character_is_its_beginning(line: str, column: int) -> None:
    for encoding in ENCODINGS:
        found = characters(line, column, encoding)

        assert units(line[:found], encoding) <= column
        assert found == len(line) or units(line[: found + 1], encoding) > column


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 7), ("utf-16", 5), ("utf-32", 4)])
def test_the_example_of_the_specification(encoding: Encoding, column: int) -> None:
    assert characters('x="😋"', column, encoding) == 4


def test_what_lies_beyond_the_end_is_the_end() -> None:
    text = DocumentText("one\r\ntwo", 1)

    assert text.offset(DocumentPosition(0, 99)) == 3
    assert text.offset(DocumentPosition(9, 0)) == 8
    assert text.offset(DocumentPosition(1, 99)) == 8
    assert DocumentText("", 1).lines == 1
    assert [text.line(n) for n in (-1, 2)] == ["", ""]


def test_edits_of_one_change_build_on_each_other() -> None:
    text = DocumentText("", 1)
    inserted, removed = (
        Edit("😀", DocumentPosition(0, 1), DocumentPosition(0, 1)),
        Edit("", DocumentPosition(0, 3), DocumentPosition(0, 4)),
    )
    steps = [Edit("ab\n"), inserted, removed, Edit("c", DocumentPosition(1, 0), DocumentPosition(1, 0))]

    assert text.apply_edits(steps, 2).content == "a😀\nc"


def test_places_ascend_with_their_offsets() -> None:
    text = DocumentText("a\n😀b\r\n\x0cc", 1)
    places = [text.place(n) for n in range(len(text.content))]

    assert all((a.line, a.column) < (b.line, b.column) for a, b in pairwise(places))


def test_a_carriage_return_alone_ends_a_line_of_the_editor_and_none_of_the_file() -> None:
    text = DocumentText("# one\r# two\r\n# three\n\ndef levy():\n", 1)

    assert [text.file_line(number) for number in range(text.lines)] == [0, 0, 1, 2, 3, 4]


@pytest.mark.true_start
def test_an_interrupt_ends_the_server_as_it_ends_any_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "noctule.lsp_server.cli.main", "lsp"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        params = b'{"processId":null,"rootUri":null,"capabilities":{}}'
        body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":%b}' % params
        server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        server.stdin.flush()
        server.stdout.readline()
        server.send_signal(signal.SIGINT)

        assert (server.wait(PATIENCE_S), server.stderr.read() if server.stderr is not None else b"") == (130, b"")
