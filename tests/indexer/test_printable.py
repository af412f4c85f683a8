"""What is hidden in a line of text, and what only looks so."""

from __future__ import annotations

import pytest

from noctule.indexer.printable import printable_line
from noctule.lsp_server.text.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tax\U000e0041\U000e007f", r"tax\U000e0041\U000e007f"),
        ("a\u202eb\u200bc\u00add", r"a\u202eb\u200bc\xadd"),
        ("a blank of Braille\u2800", r"a blank of Braille\u2800"),
        ("selectors in a word\ufe0f\ufe01", r"selectors in a word\ufe0f\ufe01"),
        ("\U0001f600\U000e0101\U000e0172", r"😀\U000e0101\U000e0172"),
        ("two behind a symbol ❤\ufe0f\ufe0e", "two behind a symbol ❤\ufe0f\\ufe0e"),
        ("reserved \U000e0200", r"reserved \U000e0200"),
    ],
)
def test_what_no_reader_sees_is_written_as_an_escape(text: str, shown: str) -> None:
    assert printable_line(text) == printable(text) == shown


@pytest.mark.parametrize("text", ["❤\ufe0f and ☎\ufe0e", "1\ufe0f\u20e3", "葛\U000e0100飾区", "नमस्ते", "naïve Ω → ∞"])
def test_a_variant_of_a_symbol_or_of_a_chinese_character_stays(text: str) -> None:
    assert printable_line(text) == printable(text) == text
