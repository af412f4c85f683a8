"""How often something changed, counted here and by git, on random histories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from noctule.indexer.arrays import unpack
from noctule.indexer.files.git import Git, discover
from noctule.indexer.forecast.features import Past
from noctule.indexer.history.history import MASS_FILES, MERGE, History
from noctule.indexer.history.log import read
from noctule.indexer.learn.history_parts import commits_part
from noctule.indexer.notes.changes import ViewCommits, columns
from tests.repositories import Repository as Made

PATHS = tuple(f"{folder}/{name}" for folder in ("shop", "docs") for name in "abcde")
MANY = tuple(f"many/{n}" for n in range(MASS_FILES + 2))
PEOPLE = ("ada@example.org", "bo@example.org", "49+dependabot[bot]@users.noreply.github.com")
SUBJECTS = ("Change it", "Fix a crash", "Release 1.2.3", "Add more")


def write_history(made: Made, seed: int, count: int = 90) -> None:
    """Write random commits on three branches that are merged now and then; the last is `main`."""
    chance = random.Random(seed)
    heads: dict[str, int] = {}
    there: dict[str, set[str]] = {"main": set(), "one": set(), "two": set()}
    stream: list[str] = []
    for mark in range(1, count + 1):
        branch = "main" if mark in (1, count) else chance.choice(sorted(there))
        other = chance.choice(sorted(there))
        author = f"X <{chance.choices(PEOPLE, (5, 3, 1))[0]}> {1_700_000_000 + 60 * mark} +0000"
        subject = chance.choice(SUBJECTS)
        if branch not in heads and "main" in heads:
            there[branch] = set(there["main"])
        stream += [f"commit refs/heads/{branch}", f"mark :{mark}", f"author {author}", f"committer {author}"]
        stream += [f"data {len(subject)}", subject]
        parent = heads.get(branch, heads.get("main"))
        stream += [f"from :{parent}"] if parent is not None else []
        if other != branch and heads.get(other) not in (None, parent) and chance.random() < 0.3:
            stream.append(f"merge :{heads[other]}")
            there[branch] |= there[other]
        changed = chance.sample(PATHS, chance.randint(1, 4)) + (list(MANY) if chance.random() < 0.08 else [])
        for path in changed:
            if path in there[branch] and chance.random() < 0.1:
                stream.append(f"D {path}")
                there[branch].discard(path)
            else:
                text = "".join(f"{chance.getrandbits(64):x}\n" for _ in range(4))
                stream += [f"M 100644 inline {path}", f"data {len(text)}", text]
                there[branch].add(path)
        heads[branch] = mark
    made.git("fast-import", "--quiet", "--date-format=raw", input="\n".join([*stream, "done", ""]).encode())


def learn(made: Made) -> tuple[History, ViewCommits, list[str]]:
    """Return the history up to `main`, what notes count in, and the files of the view."""
    place = discover(made.root)
    assert place is not None
    history = History.of(read(Git(place), "main"))
    paths = sorted(made.git("ls-tree", "-r", "--name-only", "main").split("\n"))
    paths = [path for path in paths if path in PATHS or path in MANY[:2]]
    return history, ViewCommits(unpack(commits_part(history, paths)["commits"]), columns(history)), paths


def ask_git(made: Made, *paths: str) -> list[str]:
    return made.git("log", "--no-merges", "--full-history", "--format=%H", "main", "--", *paths).split()


def told_commits(made: Made) -> frozenset[str]:
    """Return the commits that count in what is said, by git alone."""
    shown = made.git("log", "--no-merges", "--name-only", "--format=%x00%H%n%ae%n%s", "main").split("\0")[1:]
    told = set()
    for commit in shown:
        oid, author, subject, *files = filter(None, commit.split("\n"))
        if "[bot]" not in author and not subject.startswith("Release") and len(files) <= MASS_FILES:
            told.add(oid)
    return frozenset(told)


def names(history: History, commits: Sequence[int] | np.ndarray) -> set[str]:
    return {history.oids[int(commit)] for commit in commits}


@pytest.fixture(params=range(6))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    made = Made(tmp_path / "repo")
    write_history(made, request.param)
    return made


def test_the_commits_that_touched_a_file_are_those_of_git_log(made: Made) -> None:
    history, changes, paths = learn(made)
    plain = np.flatnonzero((history.flags & MERGE) == 0)
    past, told = Past.of(history), told_commits(made)

    for file, path in enumerate(paths):
        every = set(ask_git(made, path))
        counted = every & told
        rows = past.files.row(history.paths.index(path)) if path in history.paths else np.empty(0, np.int64)

        assert names(history, changes.touching([file])) == every
        assert names(history, changes.latest([file], 1000)) == counted
        assert names(history, plain[rows]) == counted


def test_a_count_says_what_it_leaves_out_where_git_log_counts_otherwise(made: Made) -> None:
    history, changes, paths = learn(made)

    for file, path in enumerate(paths):
        latest = changes.latest([file])
        every = [history.oids.index(oid) for oid in ask_git(made, path)]
        since = int(latest[0]) if len(latest) else 0

        said = changes.describe_left_out(latest, changes.touching([file]))

        assert bool(said) == (len([commit for commit in every if commit >= since]) != len(latest)), (path, said)


def test_how_often_files_changed_together_is_what_git_log_of_both_says(made: Made) -> None:
    _, changes, paths = learn(made)
    told = told_commits(made)

    for file, path in enumerate(paths[:4]):
        counted = told & set(ask_git(made, path))
        found = {paths[p.file]: (p.both, p.of) for p in changes.together([file], 1000)}
        both = {other: len(counted & set(ask_git(made, other))) for other in paths if other != path}

        assert found == {other: (n, len(counted)) for other, n in both.items() if n}
