"""A file is replaced whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from noctule.indexer.runtime.scratch_file import replace_file, scratch_file


def test_what_is_there_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    replace_file(file, b"first")
    replace_file(file, b"second")

    assert file.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [file]


def test_a_scratch_file_that_is_not_moved_is_removed_and_what_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(b"first")
    with scratch_file(file, b"second", is_durable=True) as scratch:
        written = scratch.read_bytes()

    assert written == b"second"
    assert file.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [file]


def test_a_mode_that_is_given_is_kept_whatever_the_mask_of_the_user(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        with scratch_file(tmp_path / "settings.json", b"", mode=0o644) as scratch:
            mode = scratch.stat().st_mode & 0o777
    finally:
        os.umask(mask)

    assert mode == 0o644


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError) as failed:  # noqa: PT011 - the number is looked at
        replace_file(tmp_path / "absent/status.json", b"")

    assert failed.value.errno == errno.ENOENT
