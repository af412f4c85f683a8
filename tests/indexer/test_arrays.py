from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from noctule.indexer.arrays import Array, pack, pack_texts, unpack, unpack_texts

TYPES = ("<i1", "<u1", "<u2", "<i4", "<u4", "<i8", "<f4", "<f8", "|b1")
SHORT = st.sampled_from(TYPES).flatmap(lambda t: npst.arrays(np.dtype(t), st.integers(0, 30)))
LONG = st.builds(np.tile, SHORT, st.integers(3, 40))
ARRAYS = SHORT | LONG | LONG.map(np.sort)


@given(st.dictionaries(st.text(max_size=10), ARRAYS, max_size=6))
def test_columns_come_back_as_they_were_laid_out(columns: dict[str, Array]) -> None:
    found = unpack(pack(columns))

    assert list(found) == list(columns)
    for name, column in columns.items():
        assert found[name].dtype == column.dtype
        assert found[name].tobytes() == column.tobytes()


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_texts_come_back_as_they_were_laid_out(texts: list[bytes]) -> None:
    columns = unpack(pack(pack_texts(texts)))

    assert unpack_texts(columns["text"], columns["ends"]) == texts


def test_equal_columns_are_equal_bytes() -> None:
    def columns() -> dict[str, Array]:
        return {"a": np.arange(5, dtype=np.int32), "b": np.array([], np.float32)}

    assert pack(columns()) == pack(columns())


def test_every_column_starts_where_its_type_may_be_read_from() -> None:
    wide = np.arange(4, dtype=np.int64) + 2**40
    data = pack({"odd": np.arange(3, dtype=np.uint8), "wide": wide})

    assert data.index(wide.tobytes()) % 8 == 0


@pytest.mark.parametrize("column", [np.arange(3, dtype=np.int32), np.arange(3, dtype=np.float32)])
def test_columns_that_were_read_cannot_be_written_to(column: Array) -> None:
    found = unpack(pack({"a": column}))["a"]

    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1
    assert found.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("value", "each"), [(200, 1), (-1, 1), (60_000, 2), (2**40, 8), (-(2**40), 8)])
def test_small_numbers_take_little_space(value: int, each: int) -> None:
    taken = [len(pack({"a": np.resize(np.array([value, 0]), count)})) for count in (1_008, 2_008)]

    assert taken[1] - taken[0] == 1_000 * each


def test_columns_that_an_earlier_version_laid_out_are_read() -> None:
    header = b'[["a","<i4",2]]'.ljust(20)

    found = unpack(len(header).to_bytes(4, "little") + header + np.array([3, -4], np.int32).tobytes())["a"]

    assert found.tolist() == [3, -4]


def test_a_slice_with_steps_is_laid_out_as_it_reads() -> None:
    assert unpack(pack({"a": np.arange(10, dtype=np.int16)[::3]}))["a"].tolist() == [0, 3, 6, 9]


def test_numbers_that_rise_slowly_take_a_byte_each_whatever_leaps_between() -> None:
    rising = np.arange(70_000, 72_000, dtype=np.int64)
    rising[1_000:] += 1 << 40

    packed = pack({"a": rising})

    assert len(packed) < 2_200
    assert unpack(packed)["a"].tolist() == rising.tolist()


def test_of_few_distinct_fractions_each_is_kept_once() -> None:
    fractions = np.resize(np.array([0.5, -0.0, 0.0, np.nan, np.inf, 1e-40], np.float32), 3_000)

    packed = pack({"a": fractions})

    assert len(packed) < 3_200
    assert unpack(packed)["a"].tobytes() == fractions.tobytes()


@pytest.mark.parametrize("ends", [(2**63 - 1, -(2**63)), (0, 2**63 - 1)])
def test_steps_may_be_as_wide_as_numbers_are(ends: tuple[int, int]) -> None:
    column = np.array([*range(500), *ends, *range(500)], np.int64)

    assert unpack(pack({"a": column}))["a"].tolist() == column.tolist()
