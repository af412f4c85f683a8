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


@pytest.mark.parametrize(
    "texts", [[b"package/module.py"] * 400, [b"a" * n for n in range(300)], [b"", b"x" * 70_000] * 50]
)
def test_many_texts_are_read_however_their_columns_are_laid_out(texts: list[bytes]) -> None:
    others = {
        "steps": np.arange(1000, dtype=np.uint32),
        "few": np.array([0.5, 2.5] * 100),
        "high": np.arange(100) << 33,
    }

    assert read_texts(pack({**others, **pack_texts(texts)})) == texts
    assert read_texts(pack({**pack_texts(texts), **others})) == texts
