"""The repository at a task's base commit, as solvers see it: that tree and its ancestors, and nothing later.

Every solver of a run gets its texts from here. Contents are kept by blob id over the commits of one repository, within
`KEPT_BYTES`, since neighbouring commits share nearly all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from noctule.evals.solvers import grep_lines as grep
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.snapshot import Snapshot, of_revision
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.parse.pool import Parsers
from noctule.indexer.progress import Pace
from noctule.indexer.reports import SleepReport
from noctule.indexer.results import Pack
from noctule.indexer.serve.repository import Repository

KEPT_BYTES = 300_000_000
RECENT_COMMITS = 1000


@dataclass(slots=True)
class Contents:
    """Contents of blobs, the oldest dropped first."""

    most_bytes: int = KEPT_BYTES
    _held: dict[str, bytes] = field(default_factory=dict)
    _bytes: int = 0

    def read(self, git: Git, blobs: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of the blobs that the clone has, asking git only for those that are not kept."""
        wanted = list(dict.fromkeys(blobs))
        found = {blob: self._held[blob] for blob in wanted if blob in self._held}
        for blob, content in git.blobs([b for b in wanted if b not in found]):
            if content is not None:
                found[blob] = content
                self._keep(blob, content)
        return found

    def _keep(self, blob: str, content: bytes) -> None:
        self._held[blob] = content
        self._bytes += len(content)
        while self._bytes > self.most_bytes and len(self._held) > 1:
            oldest = next(iter(self._held))
            self._bytes -= len(self._held.pop(oldest))


class BaseCheckout:
    """One repository at one commit."""

    def __init__(
        self,
        place: RepositoryPlace,
        base: str,
        cache: Path,
        contents: Contents | None = None,
        parsers: Callable[[], Parsers | None] = lambda: None,
    ) -> None:
        self.place = place
        self.base = base
        self._cache = cache
        self._contents = contents if contents is not None else Contents()
        self._parsers = parsers
        self._git = Git(place)
        self._packs: dict[tuple[str, int], Pack] = {}
        self._hits: dict[str, dict[str, list[int]]] = {}
        self._lines: dict[str, list[str]] = {}

    @cached_property
    def snapshot(self) -> Snapshot:
        """The files of the commit."""
        return of_revision(self.place, self.base)

    @cached_property
    def code(self) -> tuple[str, ...]:
        """The paths of all files in a programming language, tests included, in order."""
        return tuple(sorted(p for p in self.snapshot.files if detect_language(p) is not None))

    def blob(self, path: str) -> str:
        """Return the id of a file's content."""
        return self.snapshot.files[path].blob

    def read(self, path: str) -> bytes | None:
        """Return a file's content; None where the commit or the clone has none."""
        if path not in self.snapshot.files:
            return None
        blob = self.blob(path)
        return self._contents.read(self._git, [blob]).get(blob)

    def read_all(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (path, content) of those files that the clone has."""
        wanted = list(paths)
        contents = self._contents.read(self._git, map(self.blob, wanted))
        for path in wanted:
            content = contents.get(self.blob(path))
            if content is not None:
                yield path, content

    @cached_property
    def texts(self) -> dict[str, str]:
        """The texts of all files in a programming language, in the order of their paths."""
        return {path: content.decode("utf-8", "replace") for path, content in self.read_all(self.code)}

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file; none where the commit or the clone has none."""
        if path not in self._lines:
            text = self.texts[path] if path in self.texts else (self.read(path) or b"").decode("utf-8", "replace")
            self._lines[path] = text.split("\n")
        return self._lines[path]

    def search(self, name: str) -> dict[str, list[int]]:
        """Return the lines that hold a name as a whole word, by path; several solvers of one base search alike."""
        if name not in self._hits:
            self._hits[name] = grep.search(name, self.texts)
        return self._hits[name]

    @cached_property
    def touched(self) -> tuple[str, ...]:
        """The paths that the newest ancestors touched, once for each commit, the latest first."""
        log = self._git.run(
            *("log", "--no-merges", "-n", str(RECENT_COMMITS), "--name-only", "--no-renames", "-z", "--format="),
            *("--end-of-options", self.base, "--"),
        )
        names = (name.lstrip(b"\n").decode("utf-8", "surrogateescape") for name in log.split(b"\0"))
        return tuple(name for name in names if name in self.snapshot.files)

    @property
    def latest_touches(self) -> tuple[str, ...]:
        """The paths that the newest ancestors touched, the latest first."""
        return tuple(dict.fromkeys(self.touched))

    @property
    def frequent_files(self) -> tuple[str, ...]:
        """The paths that the newest ancestors touched, those that most of them touched first."""
        return tuple(path for path, _ in Counter(self.touched).most_common())

    @cached_property
    def learned(self) -> tuple[Repository, SleepReport]:
        """The repository as `noctule sleep --at BASE` leaves it, and what that cost.

        With `parsers` that the caller keeps warm, as a process that stays does, none are started for each base.
        """
        repository = Repository.open(self.place.root, at=self.base, cache=self._cache)
        return repository, repository.sleep(pace=Pace(parsers=self._parsers()))

    @property
    def repository(self) -> Repository:
        """What `noctule context --at BASE` asks."""
        return self.learned[0]

    def pack(self, text: str, budget_tokens: int) -> Pack:
        """Return what `noctule context --at BASE` serves; several solvers of one task ask for the same."""
        if (text, budget_tokens) not in self._packs:
            self.keep(text, budget_tokens, self.repository.context(text, budget_tokens=budget_tokens))
        return self._packs[text, budget_tokens]

    def keep(self, text: str, budget_tokens: int, pack: Pack) -> None:
        """Keep a pack for the other solvers of the same task."""
        self._packs = {key: kept for key, kept in self._packs.items() if key[0] == text}
        self._packs[text, budget_tokens] = pack

    def close(self) -> None:
        """Close what was opened."""
        if "learned" in self.__dict__:
            self.repository.refresh()
