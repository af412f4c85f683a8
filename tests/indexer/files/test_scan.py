"""A look at files that were known before, beside one at each of them anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.files.scan import RACY_NS, Scan, Stat


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def _replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], None]] = {
    "nothing": lambda _path: None,
    "another text of the same length": lambda path: _write(path, "b = 2\n"),
    "a longer text": lambda path: _write(path, "a = 1\nb = 2\n"),
    "a copy in its place": lambda path: (
        _write(path.with_name("new"), "a = 1\n"),
        path.with_name("new").replace(path),
    ),
    "it may be executed": lambda path: path.chmod(0o755),
    "it is gone": lambda path: path.unlink(),
    "it is a link": _replace_by_link,
    "it is a folder": _replace_by_folder,
    "its folder is a link": lambda path: (
        path.parent.rename(path.parent.with_name("real")).parent.joinpath("in").symlink_to("real")
    ),
}


def _known(root: Path, *, settled: bool) -> tuple[dict[str, Stat], Scan]:
    scan = Scan(root, {}, "sha1", {}, {})
    scan.take(["in/a.py", "in/b.py", "c.py"])
    taken_ns = time.time_ns() + (2 * RACY_NS if settled else 0)
    return {path: stat._replace(taken_ns=taken_ns) for path, stat in scan.stats.items()}, scan


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("what", CHANGES)
def test_files_that_were_known_are_seen_as_if_looked_at_anew(tmp_path: Path, what: str, *, settled: bool) -> None:
    for name in ("in/a.py", "in/b.py", "c.py"):
        _write(tmp_path / name, "a = 1\n")
    known, before = _known(tmp_path, settled=settled)
    CHANGES[what](tmp_path / "in" / "a.py")

    again = Scan(tmp_path, known, "sha1", {}, before.files)
    again.take_known()

    anew = Scan(tmp_path, {}, "sha1", {}, {})
    anew.take(known)
    assert (again.files, again.left_out) == (anew.files, anew.left_out)
    assert again.stats.keys() == anew.stats.keys()


def test_a_file_that_is_as_it_was_is_not_made_anew(tmp_path: Path) -> None:
    for name in ("in/a.py", "in/b.py", "c.py"):
        _write(tmp_path / name, "a = 1\n")
    known, before = _known(tmp_path, settled=True)

    again = Scan(tmp_path, known, "sha1", {}, before.files)
    again.take_known()

    assert all(again.files[path] is before.files[path] and again.stats[path] is known[path] for path in known)
