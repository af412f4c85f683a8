"""JSON without `json`: the same values and texts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from noctule.indexer.runtime import plain_json

VALUE = {"a": [1, -2.5, None, True, 'é\ud800\x00"\U0001f600'], "b": {"c": 1e300, "": []}, "d": ""}
BROKEN = (b"", b" ", b"{", b"{} {}", b"\xff", b"[1,]", b"nul", b'{"a" 1}', b'"\n"', b"\xef\xbb\xbf{}")


def test_it_reads_and_writes_what_json_does() -> None:
    text = plain_json.dumps({**VALUE, "t": (1, 2)})

    assert text == json.dumps({**VALUE, "t": (1, 2)})
    assert plain_json.loads(f" {text}\r\n".encode()) == {**VALUE, "t": [1, 2]}


@pytest.mark.parametrize("loaded", ["", "import json; "])
def test_what_is_no_json_is_a_value_error(loaded: str) -> None:
    code = f"""{loaded}
from noctule.indexer.runtime import plain_json
for text in {BROKEN!r}:
    try:
        print(plain_json.loads(text))
    except ValueError:
        pass
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == ""
