from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.live_files import Lines

PIECES = st.sampled_from([b"\n", b"\r\n", b"a", b" = 1", "é中".encode(), b"\xff", b"\xe4\xb8", b"\x85", b"\0"])
TEXTS = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=20).map(b"".join))


@given(TEXTS, st.integers(-9, 9), st.integers(-9, 9))
def test_lines_decoded_one_by_one_are_those_of_the_whole_text(text: bytes, start: int, stop: int) -> None:
    expected = tuple(text.decode("utf-8", "replace").split("\n"))

    lines = Lines(text)

    assert len(lines) == len(expected)
    assert tuple(lines) == tuple(lines[n] for n in range(len(lines))) == expected
    assert lines[start:stop] == expected[start:stop]
    assert lines[start:stop:2] == expected[start:stop:2]
    assert lines[-1] == expected[-1]
