"""A repository never seen, read for one task: the words of the task in all texts, and the likeliest files in full.

What comes of it is a view like that of a sleep that was cut off, in a store that is kept in memory: nothing is written,
and no other process is waited for. Knows no history and resolves no relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.learn.build_view import learn_view
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.learn.scip_file import ScipFile
from noctule.indexer.learn.task_words import TaskWords
from noctule.indexer.parse.pool import PackedDigest, Parsed, ParseJob, Parsers
from noctule.indexer.progress import Pace, Work
from noctule.indexer.results import MOST_PENDING, Freshness
from noctule.indexer.search import ranking, rules, view_columns
from noctule.indexer.search.index import Index
from noctule.indexer.search.query import TaskQuery, read
from noctule.indexer.store.memory import MemoryStore
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.writer import Rows

MOST_FILES = 40
MOST_BYTES = 1_000_000
"""So much is read in full, of one file at least. Of a repository that has no more, all is read as soon."""
SLOWEST_S = 5.0
"""A file that takes its grammar longer is searched as plain text: somebody waits."""

Key = tuple[str, str]
"""What a blob is stored under: its id, and the language that its path promises."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A store that holds the view of a first look, the files that it is of, and those that were not read in full."""

    store: MemoryStore
    snapshot: Snapshot
    unread: tuple[str, ...]

    @property
    def freshness(self) -> Freshness:
        """How far it is from the live files: nothing was learned for good."""
        return Freshness("pending", len(self.unread), self.unread[:MOST_PENDING])


@dataclass(frozen=True, slots=True)
class _Blobs:
    """Blobs that a store has, as those of a sleep that leaves others unread."""

    ids: dict[Key, int]
    left_unread: int = 1

    def run(self) -> dict[Key, int]:
        return self.ids


def look_first(ref: RepositoryRef, task: str) -> FirstLook | None:
    """Read what a task needs soonest; None where all there is would be read as soon. GitError, ParserLost."""
    snapshot = ref.snapshot()
    if sum(file.size for file in snapshot.files.values()) <= MOST_BYTES:
        return None
    asked = read(task)
    paths: dict[Key, str] = {}
    for path, file in snapshot.files.items():
        paths.setdefault((file.blob, language_hint(path)), path)
    keys = {path: key for key, path in paths.items()}
    with Parsers(ref.root, revision=ref.at is not None, nice=0, slowest_s=SLOWEST_S) as parsers:
        parsers.start_early()
        words = TaskWords(asked)
        found = {
            keys[path]: _as_parsed(snapshot, path, words.digest(path, content))
            for path, content in snapshot.read_all(keys)
            if content is not None
        }
        store = _make_store(ref, snapshot, found)
        chosen = _choose(_rank(store, ref.view_name, asked), keys, snapshot)
        store.close()
        jobs = [ParseJob(n, path, keys[path][0], snapshot.files[path].size) for n, path in enumerate(chosen)]
        for parsed in parsers.digest(jobs):
            if parsed.digest is not None:
                # Relations hold between files that were all read: without facts, none is claimed.
                found[keys[parsed.job.path]] = replace(parsed, digest=replace(parsed.digest, package="", facts=b""))
    read_in_full = set(chosen)
    unread = tuple(path for path in sorted(snapshot.files) if path not in read_in_full)
    return FirstLook(_make_store(ref, snapshot, found), snapshot, unread)


def _as_parsed(snapshot: Snapshot, path: str, digest: PackedDigest) -> Parsed:
    file = snapshot.files[path]
    return Parsed(ParseJob(0, path, file.blob, file.size), digest, "")


def _make_store(ref: RepositoryRef, snapshot: Snapshot, found: Mapping[Key, Parsed]) -> MemoryStore:
    """Return a store with the view of these blobs."""
    store = MemoryStore(ref.folder)
    rows = Rows(store)
    for key, parsed in found.items():
        rows.add(key, parsed)
    rows.close()
    work = Work(lambda _: None, None, Pace(history=False, fold=False))
    learn_view(store, snapshot, ref.place, ref.view_name, _Blobs(rows.ids), work, ScipFile("", ""))
    return store


def _rank(store: MemoryStore, view: str, asked: TaskQuery) -> Sequence[str]:
    """Return the files in the order of what their words and paths have to do with the task."""
    loaded = store.load_view(view, view_columns.PARTS)
    assert loaded is not None
    index = Index(store, loaded[1])
    signals = index.signals(asked)
    scores = ranking.file_scores(signals.names, signals.values, index.companions.join, asks=asked.asks)
    rules.apply(scores, index, asked, {})
    return [index.paths[file] for file in ranking.order(scores)]


def _choose(ranked: Iterable[str], keys: Mapping[str, Key], snapshot: Snapshot) -> list[str]:
    """Return the first files, of equal ones one, as far as they fit into the bounds."""
    chosen: list[str] = []
    left = MOST_BYTES
    for path in ranked:
        if path not in keys:
            continue
        left -= snapshot.files[path].size
        if chosen and (left < 0 or len(chosen) == MOST_FILES):
            break
        chosen.append(path)
    return chosen
