"""A repository never seen, read for one task: the words of the task in all texts, and the likeliest files in full.

What comes of it is a view like that of a sleep that was cut off, in a store that is kept in memory: nothing is written,
and no other process is waited for. Knows no history and resolves no relations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noctule.indexer.files.scan import File
from noctule.indexer.files.snapshot import Snapshot
from noctule.indexer.history.history import History
from noctule.indexer.learn.history_parts import commits_part, touches_part
from noctule.indexer.learn.ingest import language_hint
from noctule.indexer.learn.task_words import TaskWords
from noctule.indexer.notes.parts import parts as notes_parts
from noctule.indexer.parse.pool import Parsed, ParseJob, Parsers
from noctule.indexer.results import MOST_PENDING, Freshness
from noctule.indexer.search import ranking, rules
from noctule.indexer.search.index import Index
from noctule.indexer.search.query import TaskQuery, read
from noctule.indexer.store.memory import MemoryStore
from noctule.indexer.store.reference import RepositoryRef
from noctule.indexer.store.rows import PARTIAL, ViewRow
from noctule.indexer.store.view import NOTHING, NOTHING_EARLIER, ViewFiles, files_part, graph_part
from noctule.indexer.store.writer import Rows

MOST_FILES = 24
MOST_BYTES = 600_000
"""So much is read in full, of one file at least. Of a repository that has no more, all is read as soon."""
SLOWEST_S = 5.0
"""A file that takes its grammar longer is searched as plain text: somebody waits."""
SEARCHED = "searched"
"""What stands before the language of a blob of which only words of the task are known."""

Key = tuple[str, str]
"""What a blob is stored under: its id, and the language that its path promises."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A view in a store of its own, the files that it is of, and those that were not read in full."""

    store: MemoryStore
    view: ViewRow
    parts: Mapping[str, bytes]
    snapshot: Snapshot
    unread: tuple[str, ...]

    @property
    def freshness(self) -> Freshness:
        """How far it is from the live files: nothing was learned for good."""
        return Freshness("pending", len(self.unread), self.unread[:MOST_PENDING])


def look_first(ref: RepositoryRef, task: str, *, is_only: bool = False) -> FirstLook | None:
    """Read what a task needs soonest; None where all there is would be read as soon. GitError, ParserLost.

    Where it `is_only`, since nothing can be stored, there is one of any repository.
    """
    snapshot = ref.snapshot()
    if not is_only and sum(file.size for file in snapshot.files.values()) <= MOST_BYTES:
        return None
    keys = {path: (file.blob, language_hint(path)) for path, file in snapshot.files.items()}
    asked, store = read(task), MemoryStore(ref.folder)
    # Relations hold between files that were all read: without facts, none is claimed.
    # Somebody waits, whatever else the machine does.
    own = Parsers(ref.root, revision=ref.at is not None, nice=0, slowest_s=SLOWEST_S, longest_s=SLOWEST_S, facts=False)
    with own as parsers:
        parsers.start_early()
        rows = _search(store, snapshot, keys, asked)
        ranked = _rank(Index(store, _view_parts(store, snapshot, keys, rows)), asked)
        chosen = _choose(ranked, snapshot.files)
        rows |= _read_in_full(store, parsers, [snapshot.files[path] for path in chosen])
    parts = _view_parts(store, snapshot, keys, rows)
    view = ViewRow(0, ref.view_name, f"{PARTIAL}{snapshot.key}", None, snapshot.dirty, 0.0)
    unread = tuple(path for path in sorted(snapshot.files) if path not in chosen)
    return FirstLook(store, view, parts, snapshot, unread)


def _search(store: MemoryStore, snapshot: Snapshot, keys: Mapping[str, Key], asked: TaskQuery) -> dict[Key, int]:
    """Store how often the words of the task stand in each blob; return the rows."""
    rows, words = Rows(store), TaskWords(asked)
    paths = {key: path for path, key in keys.items()}
    for path, content in snapshot.read_all(paths.values()):
        if content is not None:
            blob, language = keys[path]
            job = ParseJob(0, path, blob, len(content))
            rows.add((blob, f"{SEARCHED} {language}"), Parsed(job, words.digest(path, content), ""))
    rows.close()
    return {(blob, language.removeprefix(f"{SEARCHED} ")): row for (blob, language), row in rows.ids.items()}


def _read_in_full(store: MemoryStore, parsers: Parsers, files: Sequence[File]) -> dict[Key, int]:
    """Parse files and store what is in them; return the rows."""
    rows = Rows(store)
    for parsed in parsers.digest([ParseJob(n, file.path, file.blob, file.size) for n, file in enumerate(files)]):
        rows.add((parsed.job.blob, language_hint(parsed.job.path)), parsed)
    rows.close()
    return rows.ids


def _view_parts(
    store: MemoryStore, snapshot: Snapshot, keys: Mapping[str, Key], rows: Mapping[Key, int]
) -> dict[str, bytes]:
    """Return the parts of a view of these files; of history there is none."""
    files = ViewFiles.of(store, {p: (f.blob, rows[keys[p]]) for p, f in snapshot.files.items() if keys[p] in rows})
    past = History.empty()
    return {
        **files_part(files, NOTHING),
        **graph_part(store, files, NOTHING),
        **commits_part(past, files.paths),
        **notes_parts(past, files.paths),
        **touches_part(None, None),
        **NOTHING_EARLIER,
    }


def _rank(index: Index, asked: TaskQuery) -> list[str]:
    """Return the files in the order of what their words and paths have to do with the task."""
    signals = index.signals(asked)
    scores = ranking.file_scores(signals.names, signals.values, index.companions.join, asks=asked.asks)
    rules.apply(scores, index, asked, (), signals.defined)
    return [index.paths[file] for file in ranking.order(scores)]


def _choose(ranked: Iterable[str], files: Mapping[str, File]) -> dict[str, None]:
    """Return the first files, of equal ones one, as far as they fit into the bounds."""
    chosen: dict[str, None] = {}
    blobs: set[str] = set()
    left = MOST_BYTES
    for path in ranked:
        file = files[path]
        if file.blob in blobs:
            continue
        left -= file.size
        if chosen and (left < 0 or len(chosen) == MOST_FILES):
            break
        chosen[path] = None
        blobs.add(file.blob)
    return chosen
