"""Notes over a repository's history: written from a work tree at one commit, served from it at others.

The work tree is moved on without sleeping again, as happens between two sleeps, and back to earlier commits, as happens
when an older branch is looked at. What became of the claims is judged by
`evals.scorers.claims`, which reads the commits for itself through its own git processes.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from noctule.evals.experiments.use_oracles import ResolvedUses, ScipUses
from noctule.evals.scorers.claims import Judge, fates, unwritten
from noctule.evals.scorers.relations import FirstThatKnows, UseOracle
from noctule.evals.tasks.worktree import WorkTree
from noctule.indexer.errors import UnknownSubject
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.roles import classify_role
from noctule.indexer.parse.extract import extract_symbols
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.results import Claim, Json
from noctule.indexer.serve.repository import Repository

POINTS = 6
MOST_CHANGED = 15
MOST_STILL = 10
MOST_FOLDERS = 5
SYMBOLS_A_FILE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Commits of one line of history, the oldest first, each with its distance from the newest, and what is asked."""

    points: tuple[str, ...]
    distances: tuple[int, ...]
    subjects: tuple[str, ...]


def sample_commits(place: RepositoryPlace, revision: str, last: int) -> Line:
    """Choose up to `POINTS` commits, evenly spread over the `last` of the first-parent line, and subjects to ask about.

    Subjects are the files that these commits changed most, files that they did not change, definitions in both,
    folders, and the repository. UnknownRevision, GitError.
    """
    git = Git(place)
    listed = git.run("rev-list", "--first-parent", f"--max-count={last + 1}", git.resolve(revision)).decode().split()
    steps = min(POINTS, len(listed)) - 1
    places = sorted({round(at * (len(listed) - 1) / steps) for at in range(steps + 1)} if steps > 0 else {0})
    places.reverse()
    points = tuple(listed[at] for at in places)
    return Line(points, tuple(places), tuple(_subjects(git, points)))


def _subjects(git: Git, points: Sequence[str]) -> Iterator[str]:
    oldest, newest = points[0], points[-1]
    there = [
        p.decode("utf-8", "surrogateescape") for p in git.run("ls-tree", "-r", "-z", "--name-only", oldest).split(b"\0")
    ]
    code = [p for p in there if p and detect_language(p) is not None and classify_role(p) in {"source", "test"}]
    log = git.run("log", "--format=", "--name-only", "--no-renames", "-z", f"{oldest}..{newest}").split(b"\0")
    counts = Counter(p.lstrip(b"\n").decode("utf-8", "surrogateescape") for p in log)
    changed = sorted((p for p in code if counts[p]), key=lambda p: (-counts[p], p))[:MOST_CHANGED]
    still = sorted((p for p in code if not counts[p]), key=_draw)[:MOST_STILL]
    folders = Counter(p.rpartition("/")[0] for p in changed if "/" in p)
    yield ""
    yield from (folder for folder, _ in folders.most_common(MOST_FOLDERS))
    for path in (*changed, *still):
        yield path
        language = detect_language(path)
        source = git.run("cat-file", "blob", f"{oldest}:{path}")
        names = {d.qualname for d in extract_symbols(source, language).definitions} if language is not None else set()
        yield from (f"{path}:{name}" for name in sorted(names, key=lambda n: _draw(f"{path}:{n}"))[:SYMBOLS_A_FILE])


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()


def follow(place: RepositoryPlace, line: Line, start: int, cache: Path, scip: Path | None = None) -> Json:
    """Write notes at one commit of a line, serve them at the others, the later ones first, and judge.

    `commits` is how far each lies from there, below zero where it is earlier. Relations are judged by the resolver at
    each commit, and before it by a SCIP index where one is given. GitError, StoreError.
    """
    resolved = ResolvedUses(place, cache / "oracle")
    indexed = ScipUses(place, cache / "oracle-scip", scip) if scip is not None else None
    oracles = (resolved,) if indexed is None else (indexed, resolved)
    judge = make_judge(place, FirstThatKnows(oracles))
    try:
        return _follow(place, line, start, cache, judge)
    finally:
        for oracle in oracles:
            oracle.close()


def _follow(place: RepositoryPlace, line: Line, start: int, cache: Path, judge: Judge) -> Json:
    then = line.points[start]
    with WorkTree(place) as tree:
        tree.check_out(then)
        Repository.open(tree.path, cache=cache).sleep()
        written = {subject: claims for subject, claims in _ask(tree.path, cache, line.subjects) if claims is not None}
        served = []
        for at in (*range(start + 1, len(line.points)), *reversed(range(start))):
            now = line.points[at]
            tree.check_out(now)
            rows: list[Json] = []
            for subject, claims in _ask(tree.path, cache, tuple(written)):
                mine, theirs = written[subject], claims or ()
                about = [*mine, *unwritten(mine, theirs)]
                found = fates(judge, mine, theirs, then, now)
                rows += [
                    {"subject": subject, "kind": c.kind, "text": c.text, "fate": fate, "written": n < len(mine)}
                    for n, (c, fate) in enumerate(zip(about, found, strict=True))
                ]
            served.append({"at": now, "commits": line.distances[start] - line.distances[at], "claims": rows})
    told = [[subject, c.kind, c.text] for subject, claims in written.items() for c in claims]
    return {"written": told, "served": served}


def _ask(tree: Path, cache: Path, subjects: Sequence[str]) -> Iterator[tuple[str, tuple[Claim, ...] | None]]:
    """Ask as a new process would; None for a subject that is not there."""
    repository = Repository.open(tree, cache=cache)
    for subject in subjects:
        try:
            yield subject, repository.notes(subject).claims
        except UnknownSubject:
            yield subject, None
    repository.refresh()


def make_judge(place: RepositoryPlace, oracle: UseOracle) -> Judge:
    """Return a judge that reads the repository's objects with git processes of its own."""

    def git(*args: str) -> subprocess.CompletedProcess[bytes]:
        environment = Git.environment(place)
        return subprocess.run(["git", *args], env=environment, cwd=place.root, capture_output=True, check=False)

    @lru_cache(maxsize=4096)
    def lines(commit: str, path: str) -> Sequence[str] | None:
        asked = git("cat-file", "blob", f"{commit}:{path}")
        return None if asked.returncode else decode(asked.stdout).split("\n")

    @lru_cache(maxsize=4096)
    def commit_paths(commit: str) -> frozenset[str]:
        names = git("diff-tree", "-r", "--root", "-m", "--no-commit-id", "--name-only", "-z", commit).stdout
        return frozenset(n.decode("utf-8", "surrogateescape") for n in names.split(b"\0") if n)

    @lru_cache(maxsize=65536)
    def is_past(commit: str, of: str) -> bool:
        return git("merge-base", "--is-ancestor", commit, of).returncode == 0

    read: Callable[[str, str], Sequence[str] | None] = lines
    return Judge(read, commit_paths, is_past, oracle)


def decode(source: bytes) -> str:
    """Return a text file's text."""
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source.decode("utf-16", "replace")
    return source.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
