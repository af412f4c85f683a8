from __future__ import annotations

import pytest

from noctule.indexer.parse.extract import read
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.outline import MOST_PARSE_S, make_outline

TEXT = b"class Cart:\n    def total(self):\n        '''Sum.\n        up'''\n        return 1\n"


def test_a_parse_that_is_stopped_in_time_leaves_the_next_one_whole() -> None:
    python = detect_language("a.py", b"")
    assert python is not None

    with pytest.raises(TimeoutError, match="not parsed within"):
        read(TEXT * 4000, python, 0.0)

    assert read(TEXT, python, MOST_PARSE_S)[0] == read(TEXT, python)[0]


def test_a_text_whose_parse_was_given_up_defines_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_outline(TEXT * 2000, "a.py")
    monkeypatch.setattr("noctule.indexer.parse.outline.MOST_PARSE_S", 0.0)
    outline = make_outline(TEXT * 2000, "a.py")

    assert whole is not None
    assert outline is not None
    assert whole.defines("Cart.total", "method")
    assert (outline.definitions, outline.is_code(0)) == ((), False)
