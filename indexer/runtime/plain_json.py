"""JSON as `json` reads and writes it. Importing that takes half as long as starting Python: it compiles expressions.

The two halves that `json` itself is made of, written in C, need nothing else.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it
if TYPE_CHECKING:
    from typing import Any

    make_scanner: Any
    make_encoder: Any

try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    class _Reading:
        """What the scanner reads by: as `json.loads` has it."""

        strict = True
        object_hook = object_pairs_hook = None
        parse_int, parse_float, parse_constant = int, float, float

    _scan = make_scanner(_Reading)
    _write = make_encoder(None, None, encode_basestring_ascii, None, ": ", ", ", False, False, True)
    if "".join(_write({"a": [1]}, 0)) != '{"a": [1]}' or _scan('{"a": [1]}', 0) != ({"a": [1]}, 10):
        raise ImportError("they work otherwise here")
except (ImportError, TypeError, AttributeError):  # a Python that has them otherwise, or not in C
    import json

    def loads(text: bytes) -> object:
        """Return the value that some UTF-8 holds. ValueError, RecursionError."""
        return json.loads(text)

    def dumps(value: object) -> str:
        """Return plain values, lists and mappings of these as text. They hold no value that holds itself."""
        return json.dumps(value)

else:

    def loads(text: bytes) -> object:
        """Return the value that some UTF-8 holds. ValueError, RecursionError."""
        said = text.decode("utf-8", "surrogatepass").strip(" \t\n\r")
        try:
            value, end = _scan(said, 0)
        except (StopIteration, SystemError):  # the second where it looks for the error of `json` and finds no `json`
            raise ValueError("this is no JSON") from None
        if end != len(said):
            raise ValueError("there is more than one value")
        return value

    def dumps(value: object) -> str:
        """Return plain values, lists and mappings of these as text. They hold no value that holds itself."""
        return "".join(_write(value, 0))
