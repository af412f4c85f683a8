"""Where the clone of a repository lies in a folder of clones. Knows no task."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from noctule.indexer.errors import RepositoryError
from noctule.indexer.files.git import Git, RepositoryPlace, discover


def find(folder: Path, repository: str) -> RepositoryPlace | None:
    """Return the clone of "owner/name": `owner__name`, `owner+name`, `owner/name` or `name`, bare or not."""
    owner, _, name = repository.rpartition("/")
    names = [f"{owner}__{name}", f"{owner}+{name}", f"{owner}/{name}", f"{owner}_{name}", name] if owner else [name]
    for candidate in (f"{n}{ending}" for n in names for ending in ("", ".git")):
        path = folder / candidate
        if path.is_dir():
            try:
                place = discover(path)
            except RepositoryError:
                continue
            # A plain folder inside another repository must not pass for a clone.
            if place is not None and path.resolve() in (place.root.resolve(), place.git_dir.resolve()):
                return place
    return None


def lacking(place: RepositoryPlace, commits: Iterable[str]) -> set[str]:
    """Return which of the commits the clone does not have."""
    asked = list(dict.fromkeys(commits))
    safe = [c for c in asked if c.isalnum()]
    answer = Git(place).run("cat-file", "--batch-check", input="".join(f"{c}^{{commit}}\n" for c in safe).encode())
    told = answer.decode("utf-8", "replace").splitlines()
    held = {c for c, line in zip(safe, told, strict=True) if line.split()[1:2] == ["commit"]}
    return set(asked) - held
