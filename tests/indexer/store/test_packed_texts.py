"""Packed texts that are read without numpy."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.indexer.arrays import pack, pack_texts
from noctule.indexer.store.packed_texts import read_texts


@pytest.mark.parametrize("texts", [[], [b""], [b"a", b"", b"\xff/b"], [b"x" * 300, b"y"], [b"z" * 70_000] * 3])
def test_texts_come_back_as_they_were_packed(texts: list[bytes]) -> None:
    others = {"first": np.arange(3, dtype=np.int32), "last": np.array([-1, 1 << 40])}

    assert read_texts(pack({"first": others["first"], **pack_texts(texts), "last": others["last"]})) == texts
