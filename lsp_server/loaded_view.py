"""What is known of one repository, loaded for answering, with the unsaved texts of an editor laid over its files.

Belongs to one thread, because SQLite's connections do. Knows no protocol.

StoreError
└── Unknown    nothing is known of the repository yet: ask again when it has been read
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from noctule.indexer.errors import NoctuleError, StoreError
from noctule.indexer.files.snapshot import Snapshot, with_buffers
from noctule.indexer.files.text import blob_id
from noctule.indexer.runtime import notify
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.reference import RepositoryRef

if TYPE_CHECKING:
    from noctule.indexer.notes.view_facts import ViewFacts
    from noctule.indexer.parse.outline import MakeOutline
    from noctule.indexer.reports import Status
    from noctule.indexer.results import Evidence, Forecast, Freshness, Note, Pack

Texts = Mapping[str, str]
"""Unsaved texts of an editor, by path from the top of the repository."""
FORECAST = 100
"""So many of the likeliest change points are held at hand."""
MOST_NOTES = 200
"""So many notes are kept for as long as no file changes."""
_BOM = "\ufeff"


class Unknown(StoreError):
    """Nothing is known of the repository yet: ask again when it has been read."""


class LoadedView:
    """What is known of a repository, loaded by `open`.

    `cache` is the folder of all stores, if not the user's; `make_outline` reads changed texts, if not this process.
    """

    def __init__(self, root: Path, cache: Path | None = None, make_outline: MakeOutline | None = None) -> None:
        self.root = root
        self._make_outline = make_outline
        self.known = False
        self._cache = cache
        self._overlay: Texts = {}
        self._notes: dict[str, Note] = {}
        self._looked_at = 0.0
        self._disk: Snapshot | None = None
        self._repository: Repository | None = None

    def open(self) -> bool:
        """Load what is known, and say whether anything is. NoctuleError."""
        repository = self._repository = Repository.open(self.root, cache=self._cache)
        if repository.knows():
            self._disk, self._looked_at = repository.reader.live, time.monotonic()
            self.known = True
            if self._make_outline is not None:
                self.ground.outlines.make = self._make_outline
        return self.known

    def warm(self) -> None:
        """Load what the first hover would else wait for."""
        if self.known:
            _ = self.ground.changes, self.ground.sure, self.forecast

    def close(self) -> None:
        """Close the store."""
        if self._repository is not None:
            self._repository.close()

    @property
    def repository(self) -> Repository:
        """The repository, with its reader loaded. Unknown where nothing was learned."""
        if self._repository is None or not self.known:
            raise Unknown(f"{self.root} is not indexed yet", "it is being indexed; ask again in a moment")
        return self._repository

    @property
    def ground(self) -> ViewFacts:
        """What notes are written from."""
        return self.repository.reader.ground

    @cached_property
    def forecast(self) -> Forecast:
        """The files that change likeliest without anything being given: how likely, and nothing about why."""
        return self.repository.reader.predict((), "", FORECAST, explains=False)

    @property
    def freshness(self) -> Freshness:
        """How far what is known is from the files."""
        from noctule.indexer.results import Freshness

        return self.repository.reader.freshness if self.known else Freshness("unknown")

    def status(self) -> Status:
        """Return the status, which there is also where nothing is known."""
        return (self._repository or Repository.open(self.root, cache=self._cache)).status()

    # Which files answers are held against

    def overlay(self, texts: Texts) -> None:
        """Lay unsaved texts over the files that answers are held against."""
        if self._disk is None or texts == self._overlay:
            return
        self._overlay = texts
        self._notes.clear()
        self.repository.reader.look(overlaid(self._disk, texts))

    def show(self, disk: Snapshot) -> None:
        """Answer from the files as they are on the disk by now."""
        if not self.known:
            return
        before, self._disk, self._looked_at = self._disk, disk, time.monotonic()
        if before is not None and (before.files, before.revision) == (disk.files, disk.revision):
            return
        self._notes.clear()
        texts, self._overlay = self._overlay, {}
        self.repository.reader.look(disk)
        self.overlay(texts)

    def update(self) -> None:
        """See the repository as it is: its commit, its files and what was learned of them. NoctuleError."""
        if self._is_current():
            self.look()
        else:
            self._load_again()

    def look(self) -> None:
        """See the commit and the files as they are; what was learned of them stays loaded. NoctuleError."""
        if not self.known or self._disk is None:
            self._load_again()
            return
        served, failure = self.repository.ref, None
        # git says which commit is checked out and lists the files while they are looked at.
        with served.begin_listing() as begun, RepositoryRef.begin_find(self.root, cache=self._cache) as found:
            try:
                disk = served.scan(self._disk.stats, self._disk.files, begun)
            except NoctuleError as error:  # perhaps of a repository that is no longer there
                failure = error
            if found() == served:
                if failure is not None:
                    raise failure
                self.show(disk)
                return
        self._load_again()

    def _load_again(self) -> None:
        self.close()
        self.known = False
        self._overlay = {}
        self._notes.clear()
        self.__dict__.pop("forecast", None)
        self.open()

    def _is_current(self) -> bool:
        try:
            return self.is_current()
        except NoctuleError:
            return False

    def is_current(self) -> bool:
        """Tell whether nothing was learned since. StoreError."""
        if self._repository is None:
            return False
        return self._repository.reader.is_current() if self.known else not self._repository.knows()

    @property
    def age_s(self) -> float:
        """How long ago the files were looked at."""
        return time.monotonic() - self._looked_at

    # Answers

    def note(self, subject: str) -> Note:
        """Return the note of a subject; one that was asked for before is held against the files again."""
        note = self._notes.get(subject)
        if note is None:
            if len(self._notes) >= MOST_NOTES:
                self._notes.clear()
            note = self._notes[subject] = self.repository.notes(subject)
        else:
            notify.send(self.repository.folder, "asked")
        return self._check(note)

    def _check(self, note: Note) -> Note:
        """Leave out the claims whose files have changed since the files were last looked at."""
        live = self.repository.reader.live
        paths = {e.path for claim in note.claims for e in claim.evidence if e.path is not None}
        gone = {path for path in paths if live is not None and not live.still_holds(path)}
        if not gone:
            return note
        self._looked_at = float("-inf")
        fallen = [claim for claim in note.claims if any(e.path in gone for e in claim.evidence)]
        withheld = Counter(note.withheld) + Counter(claim.kind for claim in fallen)
        return replace(
            note,
            claims=tuple(claim for claim in note.claims if claim not in fallen),
            withheld=dict(withheld),
            freshness=replace(note.freshness, state="pending", withheld_claims=withheld.total()),
        )

    def line(self, path: str, number: int) -> str:
        """Return a line (from zero) of a file as it is; an empty text where there is none."""
        file = self.ground.position.get(path)
        lines = self.ground.live_lines(file) if file is not None else ()
        return lines[number].rstrip("\r") if 0 <= number < len(lines) else ""

    def evidence_age(self, evidence: Evidence) -> float | None:
        """Return how many seconds ago the latest commit of some evidence was made; None where it names none."""
        if not evidence.commits:
            return None
        made_at = self.ground.changes.commit_time(evidence.commits[-1])
        return None if made_at is None else max(time.time() - made_at, 0.0)

    def note_served(self, answer: Pack | Note | Forecast, took_ms: float) -> None:
        """Write into the ledger that an answer was served."""
        from noctule.indexer.serve.usage import record_serving

        record_serving(self.repository, answer, took_ms)


def overlaid(disk: Snapshot, texts: Texts) -> Snapshot:
    """Lay unsaved texts over files, but for those that hold the same text, and those of which nothing can be known."""
    unsaved = {path: _unsaved_bytes(disk, path, text) for path, text in texts.items() if path in disk.files}
    return with_buffers(disk, {path: content for path, content in unsaved.items() if content is not None})


def _unsaved_bytes(disk: Snapshot, path: str, text: str) -> bytes | None:
    """Return the bytes of a text that is not what its file holds; editors show no byte order mark or UTF-16."""
    file = disk.files[path]
    content = text.encode("utf-8", "surrogatepass")
    if file.size != len(content):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            saved = (_BOM + text).encode(encoding, "surrogatepass")
            if file.size == len(saved) and blob_id(saved, disk.object_format) == file.blob:
                return None
    return content
