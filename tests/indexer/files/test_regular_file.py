from __future__ import annotations

import os
from pathlib import Path

import pytest

from noctule.indexer.files.regular_file import read_regular


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 300_000])
def test_a_file_is_read_to_its_end_or_to_the_most(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)

    assert read_regular(tmp_path / "file", 1_000_000) == content
    assert read_regular(tmp_path / "file", 70_000) == content[:70_000]


def test_a_file_that_says_nothing_of_its_size_is_read() -> None:
    assert read_regular("/proc/self/stat", 1_000).endswith(b"\n")


def test_a_pipe_is_empty_and_a_link_or_a_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)

    assert read_regular(tmp_path / "pipe", 100) == b""
    os.close(writer)
    assert read_regular(tmp_path / "pipe", 100) == b""
    for name in ("link", "."):
        with pytest.raises(OSError, match=r"."):
            read_regular(tmp_path / name, 100)
