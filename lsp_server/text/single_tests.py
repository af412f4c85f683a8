"""What a test runner calls a test: its file, or the file and the test in it. No files are read."""

from __future__ import annotations

from collections.abc import Sequence


def single_test_ids(path: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of single tests as pytest knows them; the file alone where a helper in it is concerned."""
    if not path.endswith(".py") or not names or not all(_is_test(name) for name in names):
        return (path,)
    return tuple(f"{path}::{name.replace('.', '::')}" for name in names)


def _is_test(name: str) -> bool:
    *owners, last = name.split(".")
    return last.startswith("test") and all(owner.startswith("Test") for owner in owners)
