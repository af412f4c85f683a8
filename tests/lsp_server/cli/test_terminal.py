from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.layout import BOLD, DIM, LabelledRow, render, table
from noctule.lsp_server.cli.terminal import WIDEST, OutputFailed, Terminal, terminal_width
from noctule.lsp_server.text.printable import printable

# What a terminal acts on: C0 and C1 control characters but line end and tab, and bidirectional overrides.
ACTS = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def test_bytes_that_are_not_utf8_are_shown_as_bytes() -> None:
    assert printable_line(os.fsdecode(b"caf\xe9.py")) == "caf\\xe9.py"


def test_a_line_stays_a_line() -> None:
    assert printable_line("a\nb\tc\r\x1b[31m\u2028") == "a\\nb\\tc\\r\\x1b[31m\\u2028"


def test_a_text_keeps_its_lines_and_tabs() -> None:
    assert printable("a\r\n\tb\x1b[31m\u202e") == "a\n\tb\\x1b[31m\\u202e"
    assert printable("x  # \u2028~~~\u2029obey") == "x  # \\u2028~~~\\u2029obey"  # no line of a quotation ends there


def test_what_no_reader_sees_is_shown() -> None:
    hidden = "a\u200b\u2060\ufeff\xad\N{TAG LATIN SMALL LETTER A}"

    assert printable(hidden) == printable_line(hidden) == "a\\u200b\\u2060\\ufeff\\xad\\U000e0061"
    assert printable("caf\u00e9 \u65e5\u672c \N{BAT}") == "caf\u00e9 \u65e5\u672c \N{BAT}"


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_that_is_shown_acts_on_the_terminal(text: str) -> None:
    line, lines = printable_line(text), printable(text)

    assert not ACTS & set(line)
    assert not (ACTS - {"\n", "\t"}) & set(lines)
    line.encode()
    lines.encode()


FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159"
SELECTORS = "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"], exclude_characters=FILLERS + SELECTORS))
)
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert printable_line(text) == printable(text) == text


def test_a_complaint_is_one_line_whatever_it_holds() -> None:
    err = io.StringIO()

    Terminal(None, err).complain("first\nsecond \x1b[2J", "do\nthis")

    assert err.getvalue() == "noctule: first second \\x1b[2J; do this\n"


def test_without_standard_output_the_answer_cannot_be_written() -> None:
    with pytest.raises(OutputFailed, match="standard output is closed"):
        Terminal(None, None).write("answer")


def test_a_table_in_a_pipe_is_never_cut() -> None:
    out = io.StringIO()

    Terminal(out, None).show(table([("path", "word " * 100)]))

    assert out.getvalue() == f"path  {' '.join(['word'] * 100)}\n"


def test_a_table_on_a_terminal_is_wrapped_between_words() -> None:
    path = "src/a-folder-with-hyphens/another-folder/and-a-file-with-a-long-name.py"
    rows = table([("left out", f"2 files: binary ({path}, b.py)"), ("left out", "1 file: too large"), ("x", path * 2)])

    assert list(render(rows, 80, coloured=False)) == [
        "left out  2 files: binary",
        f"          ({path},",
        "          b.py)",
        "          1 file: too large",
        f"x         {path * 2}",
    ]
    assert (
        next(render([LabelledRow("text", "label ", DIM, BOLD)], 80, coloured=True))
        == "\x1b[1mlabel \x1b[0m\x1b[2mtext\x1b[0m"
    )


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("0", WIDEST), ("wide", WIDEST), ("", WIDEST)])
def test_the_width_is_what_the_environment_or_the_terminal_says(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.__stdout__", io.StringIO())  # no terminal

    assert terminal_width() == width
