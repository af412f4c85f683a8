from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noctule.indexer import tokens

PYTHON = '''\
def parse_header(line: str, *, strict: bool = False) -> tuple[str, str]:
    """Split a header into its name and value."""
    name, separator, value = line.partition(":")
    if strict and not separator:
        raise ValueError(f"no colon in {line!r}")
    return name.strip().lower(), value.strip()
'''
RUST = """\
impl<T: Clone> Buffer<T> {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { items: Vec::with_capacity(capacity), closed: false }
    }
}
"""
GO = """\
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.listener.Close(); err != nil {
		return fmt.Errorf("closing listener: %w", err)
	}
	return nil
}
"""
C = """\
static int redisParseReply(struct parser *p, const char *buf, size_t len) {
    if (p == NULL || len < 2) return -1;
    memcpy(p->buf + p->pos, buf, len);
    return 0;
}
"""
ISSUE = """\
TypeError when calling `separability_matrix` on nested models

Steps to reproduce: run the snippet below with version 4.3. I expected a block diagonal matrix, but got ones.
"""
CHINESE = "这个函数返回目录中所有文件的列表，如果目录不存在则抛出异常。修复了数据库连接超时的问题。\n"

# The counts of the o200k_base vocabulary itself.
KNOWN = {
    "python": (PYTHON, 73),
    "rust": (RUST, 41),
    "go": (GO, 52),
    "c": (C, 56),
    "issue": (ISSUE, 40),
    "chinese": (CHINESE, 27),
}


@pytest.mark.parametrize(("text", "true"), KNOWN.values(), ids=KNOWN)
def test_the_estimate_is_close_to_the_real_vocabulary(text: str, true: int) -> None:
    # Fifty tokens vary more than a pack of two thousand, whose errors docs/decisions/tokenizer.md lists.
    assert 0.93 * true <= tokens.count(text) <= 1.17 * true


# Texts of one kind that no book is written in, repeated, with the counts of the vocabulary.
UNUSUAL = {
    "empty lines": ("\n", 4000, 250),
    "empty lines of Windows": ("\r\n", 4000, 1000),
    "lines of blanks": ("  \n", 1000, 500),
    "blanks and tabs": (" \t", 500, 499),
    "form feeds": ("\x0c", 100, 100),
    "nulls": ("\0", 400, 200),
    "controls": ("\x01", 100, 100),
    "accents over accents": ("\u0301", 200, 200),
    "runes": ("\u16a0\u16a2\u16a6", 50, 450),
    "syllables": ("\u1401\u1403", 50, 300),
    "cuneiform": ("\U00012000", 50, 200),
    "braille": ("\u28ff", 60, 120),
    "brackets": ("[", 128, 64),
    "quotes": ('"', 128, 32),
    "a ruler": ("=", 60, 2),
    "a frame": ("\u2550", 256, 32),
    "one word without an end": ("th", 200, 200),
}


@pytest.mark.parametrize(("unit", "times", "true"), UNUSUAL.values(), ids=UNUSUAL)
def test_what_nobody_writes_is_priced_by_its_worst(unit: str, times: int, true: int) -> None:
    assert 0.5 * true <= tokens.count(unit * times) <= 2.1 * true


# Seeds and the counts of the vocabulary for 600 runs of these characters, each as long as the dice say.
IRREGULAR = {
    "single": (" \t\n", 1, 199),
    "short": (" \t\n", 3, 280),
    "usual": (" \t\n", 8, 372),
    "long": (" \t\n", 30, 647),
    "blanks": (" \n", 8, 327),
    "tabs": ("\t\n", 8, 342),
    "one line": (" \t", 8, 277),
    "all that is white": (" \t\n\r\x0b\x0c", 5, 979),
}


@pytest.mark.parametrize(("marks", "longest", "true"), IRREGULAR.values(), ids=IRREGULAR)
def test_irregular_white_space_is_never_underpriced(marks: str, longest: int, true: int) -> None:
    dice = random.Random(0)
    text = "".join(mark * dice.randint(1, longest) for mark in dice.choices(marks, k=600))

    assert 0.9 * true <= tokens.count(text) <= 1.5 * true


@pytest.mark.parametrize("text", ["\n    \n", "    \n    \n", "\n\t\n", "  \r\n", "        \n\n", "\n" * 10, " " * 40])
def test_empty_lines_with_an_indentation_are_one_token(text: str) -> None:
    assert tokens.count(text) == 1


INDENTED = st.sampled_from([" \n", "    \n", "\n", "\t\n", " " * 9 + "\n", "\r\n", "        \n"])


@given(st.lists(INDENTED, max_size=6))
def test_white_space_cut_at_any_line_end_never_costs_less(lines: list[str]) -> None:
    whole = tokens.count("".join(lines))

    assert all(
        whole <= tokens.count("".join(lines[:at])) + tokens.count("".join(lines[at:])) for at in range(len(lines))
    )


@given(st.lists(INDENTED, max_size=60))
def test_white_space_cut_into_lines_never_costs_less(lines: list[str]) -> None:
    assert tokens.count("".join(lines)) <= sum(map(tokens.count, lines))


def test_nothing_has_no_tokens() -> None:
    assert tokens.count("") == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" return", 1), ("\n\n        ", 2), ("123456", 2), ("----------", 1), ("() {\n", 2)],
)
def test_simple_pieces_cost_what_they_look_like(text: str, expected: int) -> None:
    assert tokens.count(text) == expected


@example([":;", "/:"])
@given(st.lists(st.text(st.sampled_from("ab Z_0(){}[#`/:*;\t'\r\x00\xa0汉é\u0301═-"), max_size=40), max_size=12))
def test_the_parts_of_a_text_never_cost_less_than_the_whole(lines: list[str]) -> None:
    whole = tokens.count("".join(line + "\n" for line in lines))

    assert whole <= sum(tokens.count(line + "\n") for line in lines)


@given(st.text(st.characters(), max_size=300))
def test_any_text_has_a_count_within_its_bytes(text: str) -> None:
    found = tokens.count(text)

    assert (found == 0) == (text == "")
    assert found <= 5 * len(text)


@given(st.text(max_size=200), st.text(max_size=50))
def test_the_count_does_not_depend_on_what_was_counted_before(text: str, other: str) -> None:
    first = tokens.count(text)
    tokens.count(other)

    assert tokens.count(text) == first


def test_surrogate_escapes_are_counted() -> None:
    assert tokens.count(b"caf\xe9 \xff\xfe".decode("utf-8", "surrogateescape")) >= 2


@pytest.mark.parametrize("unit", [" ", "x", "X", "-", "({[<", "\n", " " * 70 + "x", "汉", "\u200d"])
def test_a_megabyte_of_one_thing_is_counted_in_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()

    tokens.count(text)

    # Of processor time, whatever else the machine is at; quadratic matching would take hours.
    assert time.process_time() - started < 5


def test_counting_imports_nothing_heavy() -> None:
    heavy = ("tiktoken", "litellm", "numpy")
    program = f"import sys; import noctule.indexer.tokens; print([m for m in {heavy} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
