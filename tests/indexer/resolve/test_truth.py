"""Small repositories with their whole truth: nothing else is said to be used, and what is found stays found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.indexer.resolve.repository import Repository

FOLDER = Path(__file__).parent / "truth"
LANGUAGES = sorted(file.stem for file in FOLDER.glob("*.txt"))
MISSED = " (missed)"
"""Marks a pair that is true and not found: it may be found some day, and then loses the mark."""

Pair = tuple[str, str]
"""`path:qualname` and a file that uses it."""


def read(language: str) -> tuple[dict[str, str], dict[Pair, bool]]:
    """Return the files of a fixture, and its pairs with whether each is known to be missed."""
    files: dict[str, str] = {}
    for part in (FOLDER / f"{language}.txt").read_text().split("=== ")[1:]:
        path, _, text = part.partition("\n")
        files[path] = text
    pairs: dict[Pair, bool] = {}
    for line in files.pop("truth").splitlines():
        subject, _, users = line.partition(" <- ")
        for user in users.replace(MISSED, "\0").split(" "):
            pairs[subject, user.rstrip("\0")] = user.endswith("\0")
    return files, pairs


def resolve(files: dict[str, str]) -> set[Pair]:
    """Return all pairs that are found."""
    repository = Repository(files)
    names = zip(repository.paths, repository.definitions, strict=True)
    subjects = [f"{path}:{name}" for path, defined in names for name in dict.fromkeys(defined)]
    return {(subject, user) for subject in subjects for user in repository.users(subject)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_is_true_and_nothing_that_was_found_is_lost(language: str) -> None:
    files, truth = read(language)

    found = resolve(files)

    assert found - truth.keys() == set(), "not true"
    assert {pair for pair in truth if pair not in found} == {pair for pair, missed in truth.items() if missed}
