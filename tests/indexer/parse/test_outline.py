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


def test_lines_that_a_preprocessor_leaves_out_are_no_code() -> None:
    text = (
        "int a(int x) {\n#if 0\n    return tax(x);\n    x++;\n#else\n    return fee(x);\n#endif\n"
        "#if DEBUG\n    log(x);\n#endif\n#if 1\n    x++;\n#else\n    x--;\n#endif\n}\n"
        "#if 0\nint b(void) { return 1; }\n#endif\n"
    )

    outline = make_outline(text.encode(), "a.c")

    assert outline is not None
    lines = enumerate(text.splitlines())
    code = [line.strip() for at, line in lines if outline.is_code(at) and not line.startswith(("#", "}"))]
    assert code == ["int a(int x) {", "return fee(x);", "log(x);", "x++;"]
    assert [d.qualname for d in outline.definitions] == ["a"]
