"""Oracles of uses at past commits: the resolver over the whole commit, or a SCIP index as far as it fits there.

Each commit is learned by itself, as a revision, in a store of the oracle's own: nothing of it reaches the one from
which claims are served.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Set
from pathlib import Path

from noctule.indexer.files.git import RepositoryPlace
from noctule.indexer.learn.precise import FittedIndex
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.serve.repository import Repository

MOST_OPEN = 2


class _Revisions:
    """Commits that were learned, the latest ones open."""

    def __init__(self, place: RepositoryPlace, cache: Path) -> None:
        self._place = place
        self._cache = cache
        self._open: OrderedDict[str, Repository] = OrderedDict()

    def open(self, commit: str) -> Repository:
        """Return a commit, learned at the first time. GitError, StoreError."""
        if commit not in self._open:
            repository = Repository.open(self._place.root, at=commit, cache=self._cache)
            self.prepare(repository)
            repository.sleep()
            self._open[commit] = repository
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(commit)
        return self._open[commit]

    def prepare(self, repository: Repository) -> None:
        """Do what is to be done before a commit is learned."""

    def close(self) -> None:
        """Close what is open."""
        while self._open:
            self._open.popitem()[1].close()


class ResolvedUses(_Revisions):
    """What the resolver finds in a commit that is read as a whole."""

    def find_uses(self, commit: str, subject: str, path: str) -> Set[int] | None:
        """Return the lines on which a file uses a symbol; None where its language is not resolved."""
        facts = self.open(commit).reader.ground
        file, user = facts.position.get(subject.partition(":")[0]), facts.position.get(path)
        if file is None or user is None or not facts.resolves(file) or not facts.resolves(user):
            return None
        return _lines(facts, file, subject, user, precise=False)


class ScipUses(_Revisions):
    """What a SCIP index says, of documents that are at a commit what was indexed."""

    def __init__(self, place: RepositoryPlace, cache: Path, index: Path) -> None:
        super().__init__(place, cache)
        self._index = index.resolve()
        self._fitting: dict[str, frozenset[str]] = {}

    def prepare(self, repository: Repository) -> None:
        """Have the index read."""
        repository.choose_scip(str(self._index))

    def find_uses(self, commit: str, subject: str, path: str) -> Set[int] | None:
        """Return the lines on which a file uses a symbol; None where one of both files is not as it was indexed."""
        repository = self.open(commit)
        facts = repository.reader.ground
        file, user = facts.position.get(subject.partition(":")[0]), facts.position.get(path)
        if commit not in self._fitting:
            self._fitting[commit] = _fitting(repository)
        fitting = self._fitting[commit]
        if file is None or user is None or facts.path(file) not in fitting or path not in fitting:
            return None
        # Nothing follows from what an index leaves out altogether.
        return _lines(facts, file, subject, user, precise=True) or None


def _fitting(repository: Repository) -> frozenset[str]:
    """Return the documents of an index that are what was indexed."""
    store = repository.open_store()
    view = store.view(repository.view_name) if store is not None else None
    if store is None or view is None:
        return frozenset()
    part = store.parts(view.id, ("scip",)).get("scip")
    store.close()
    return frozenset(FittedIndex.of_part(part).paths if part else ())


def _lines(facts: ViewFacts, file: int, subject: str, user: int, *, precise: bool) -> Set[int] | None:
    """Return the lines of a file that use any definition of that name, or of the file; None where there is none."""
    symbol = subject.partition(":")[2]
    if not symbol:
        known = facts.known_uses.precise if precise else facts.known_uses.resolved
        return {line + 1 for line in known.find_lines(file, user)}
    rows = [row for row in facts.definitions([file])[file] if row.qualname == symbol]
    uses = facts.known_uses.precise if precise else facts.known_uses.resolved
    return {line + 1 for row in rows for line in uses.uses(file, row.position).get(user, ())} if rows else None
