"""Several repositories that lie together, asked as one. Each keeps its own store, branch and freshness.

A file of a repository has the probability that its own past gives it, so files of several compare by it. The budget
goes to the repositories whose files are among the likeliest, in shares of the probability that they hold.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.errors import NoctuleError, RepositoryError, UnknownSubject
from noctule.indexer.files.nested import find_repositories, find_submodules, is_repository
from noctule.indexer.results import Forecast, Note, Pack
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.workspace_results import (
    MemberNote,
    MemberState,
    WorkspaceChange,
    WorkspaceFile,
    WorkspaceForecast,
    WorkspaceMember,
    WorkspaceNotes,
    WorkspacePack,
)
from noctule.indexer.tokens import count

T = TypeVar("T")
MOST = 40
"""Repositories of one workspace."""
LEAST_TOKENS = 150
"""A smaller share of the budget shows nothing."""
ITSELF = "."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a user has added to a workspace, and what was taken out of it: real paths."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


def find_members(folder: Path, chosen: Chosen) -> list[WorkspaceMember]:
    """Return the repositories that a folder answers over; none where it is a repository alone, or holds none.

    RepositoryError where there are too many, OSError.
    """
    top = folder.resolve()
    found: dict[Path, str] = {}
    if is_repository(top):
        found |= dict.fromkeys(find_submodules(top), "submodule")
    elif not any(is_repository(parent) for parent in top.parents):
        found |= dict.fromkeys(find_repositories(top, skip_dependencies=True), "nested")
    found |= dict.fromkeys(map(Path, chosen.added), "added")
    found = {path: how for path, how in found.items() if os.fspath(path) not in chosen.removed and path != top}
    if not found:
        return []
    if len(found) > MOST:
        raise RepositoryError(
            f"{top} holds {len(found)} repositories, and a workspace has at most {MOST}",
            "name one of them, or index all with `noctule fleet sleep`",
        )
    if is_repository(top) or any(path.is_file() and path.name[0] != "." for path in top.iterdir()):
        found[top] = "itself"
    members = [WorkspaceMember(os.path.relpath(path, top), str(path), how) for path, how in found.items()]
    return sorted(members, key=lambda member: member.name)


class Workspace:
    """The repositories of a folder; `prepare` is given each when it is opened, and learns it where it is not known."""

    def __init__(
        self, folder: Path, members: Sequence[WorkspaceMember], prepare: Callable[[Repository], None] = lambda _: None
    ) -> None:
        self.folder = folder.resolve()
        self.members = members
        self.failed: dict[str, str] = {}
        self._prepare = prepare
        self._open: dict[str, Repository] = {}

    def close(self) -> None:
        """Close all repositories."""
        for repository in self._open.values():
            repository.close()

    def context(self, task: str, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> WorkspacePack:
        """Answer a task over all repositories, within one budget. BadTask."""
        started = time.perf_counter()
        packs = dict(self._ask_each(lambda one: one.context(task, budget_tokens, files)))
        ranked = sorted(
            (
                (file.probability, name, file)
                for name, pack in packs.items()
                if not pack.abstained
                for file in pack.files
            ),
            key=lambda entry: (-entry[0], entry[1], entry[2].rank),
        )[:files]
        shares = _share(budget_tokens, [(name, probability) for probability, name, _ in ranked])
        shown = {name: self._show(name, task, packs[name], shares, ranked) for name in shares}
        sections = [_section(name, pack.text) for name, pack in shown.items() if pack.text]
        text = "\n".join(sections)
        return WorkspacePack(
            str(self.folder),
            budget_tokens,
            count(text),
            next((pack.tokenizer for pack in packs.values()), ""),
            not ranked,
            1000 * (time.perf_counter() - started),
            tuple(
                WorkspaceFile(name, _join(name, file.path), rank, probability)
                for rank, (probability, name, file) in enumerate(ranked, 1)
            ),
            tuple(
                MemberState(
                    name,
                    pack.revision,
                    pack.dirty,
                    pack.freshness,
                    sum(of == name for _, of, _ in ranked),
                    shares.get(name, 0),
                )
                for name, pack in packs.items()
            ),
            dict(self.failed),
            text,
        )

    def notes(self, subject: str = "") -> WorkspaceNotes:
        """Say what is known about a subject, named from the workspace or from its repository. UnknownSubject."""
        named = self._split(subject) if subject else None
        found: list[tuple[str, Note]] = []
        for name, repository in self._repositories():
            if named is not None and name != named[0]:
                continue
            try:
                found.append((name, repository.notes(named[1] if named is not None else subject)))
            except UnknownSubject:
                continue
        if not found:
            raise UnknownSubject(f"no repository of {self.folder} has {subject}", "name it as its repository does")
        notes = tuple(MemberNote(name, note) for name, note in found)
        return WorkspaceNotes(str(self.folder), notes, dict(self.failed))

    def predict(self, given: Sequence[str] = (), task: str = "", k: int = 20) -> WorkspaceForecast:
        """Name the likeliest changes; of the repositories that the given files lie in, where there are any."""
        places = [self._split(path) for path in given]
        if unknown := [path for path, place in zip(given, places, strict=True) if place is None]:
            raise UnknownSubject(f"{unknown[0]} lies in no repository of {self.folder}", "see `noctule workspace list`")
        mine: dict[str, list[str]] = {}
        for place in places:
            if place is not None:
                mine.setdefault(place[0], []).append(place[1])
        asked = self._ask_each(lambda one: one.predict((), task, k)) if not mine else self._predict_given(mine, task, k)
        forecasts = dict(asked)
        points = sorted(
            ((point, name) for name, forecast in forecasts.items() for point in forecast.change_points),
            key=lambda entry: (-entry[0].probability, entry[1], entry[0].path, entry[0].symbol or ""),
        )
        return WorkspaceForecast(
            str(self.folder),
            tuple(given),
            tuple(
                WorkspaceChange(name, _join(name, point.path), point.symbol, point.probability, point.reasons)
                for point, name in points[:k]
            ),
            {name: forecast.withheld for name, forecast in forecasts.items() if forecast.withheld},
            dict(self.failed),
        )

    def _predict_given(self, given: Mapping[str, list[str]], task: str, k: int) -> Iterator[tuple[str, Forecast]]:
        for name, repository in self._repositories():
            if name in given:
                yield name, repository.predict(given[name], task, k)

    def _ask_each(self, ask: Callable[[Repository], T]) -> Iterator[tuple[str, T]]:
        for name, repository in self._repositories():
            yield name, ask(repository)

    def _repositories(self) -> Iterator[tuple[str, Repository]]:
        """Open each repository; one that cannot be used has no part in the answer."""
        for member in self.members:
            try:
                if member.name not in self._open:
                    repository = Repository.open(member.root)
                    self._prepare(repository)
                    self._open[member.name] = repository
            except NoctuleError as error:
                self.failed[member.name] = str(error)
                continue
            yield member.name, self._open[member.name]

    def _show(self, name: str, task: str, pack: Pack, shares: Mapping[str, int], ranked: Sequence[tuple]) -> Pack:  # type: ignore[type-arg]
        """Return the pack of a repository that fits its share."""
        if shares[name] >= pack.budget_tokens:
            return pack
        mine = sum(of == name for _, of, _ in ranked)
        return self._open[name].context(task, shares[name], mine)

    def _split(self, path: str) -> tuple[str, str] | None:
        """Return the repository that a path of the workspace lies in, the innermost one, and the rest of the path."""
        fits = [m.name for m in self.members if path == m.name or path.startswith(f"{m.name}/") or m.name == ITSELF]
        if not fits:
            return None
        name = max(fits, key=lambda fit: 0 if fit == ITSELF else len(fit))
        return name, path if name == ITSELF else path[len(name) + 1 :]


def _share(budget: int, found: Sequence[tuple[str, float]]) -> dict[str, int]:
    """Share a budget among repositories by the probability of their files; none gets too little to show anything."""
    sums: dict[str, float] = {}
    for name, probability in found:
        sums[name] = sums.get(name, 0.0) + probability
    while sums:
        total = sum(sums.values()) or 1.0
        shares = {name: int(budget * value / total) for name, value in sums.items()}
        least = min(sums, key=lambda name: sums[name])
        if shares[least] >= LEAST_TOKENS or len(sums) == 1:
            return shares if len(sums) > 1 else dict.fromkeys(sums, budget)
        del sums[least]
    return {}


def _section(name: str, text: str) -> str:
    return text if name == ITSELF else f"Repository {name}/:\n{text}"


def _join(name: str, path: str) -> str:
    return path if name == ITSELF else f"{name}/{path}"
