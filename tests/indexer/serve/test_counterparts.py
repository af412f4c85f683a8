"""Functions that do the opposite of a likely one: as likely to change as past commits say, and named with it."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

METHOD = "    def {name}(self, {of}):\n{lines}        return {of}\n\n"


def method(name: str, of: str) -> str:
    return METHOD.format(name=name, of=of, lines="".join(f"        self.{of}{n} = {n}\n" for n in range(9)))


def test_the_counterpart_of_a_likely_function_is_raised_and_named_with_it(tmp_path: Path) -> None:
    made = Made(tmp_path / "codec")
    methods = (("encode_frame", "data"), ("decode_frame", "text"), ("count_frames", "kind"), ("decode_all", "rest"))
    text = "class Codec:\n" + "".join(method(name, of) for name, of in methods)
    made.commit("Codec", {"codec.py": text, "other.py": "def decode_frame(x):\n    return x\n"})

    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        pack = repository.context("Codec.encode_frame: the length of the data is missing")

    first, *_ = pack.text.split("== ")[1:]
    assert first.startswith("codec.py:2-12 Codec.encode_frame (")
    assert "its counterpart: 14-24 decode_frame)" in first.partition("\n")[0]
    likely = {symbol.symbol: symbol.probability for symbol in pack.symbols}
    assert likely["Codec.decode_frame"] >= 0.6 * likely["Codec.encode_frame"]
    assert likely["Codec.decode_all"] < likely["Codec.decode_frame"]
