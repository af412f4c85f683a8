"""Several repositories that lie together, asked as one. Each keeps its own store, branch and freshness.

All members are asked at the same time. Knows no thread and no service: a member says when its answer is there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.indexer.errors import BadTask, NoctuleError, UnknownSubject
from noctule.indexer.results import Note, Reason
from noctule.indexer.serve.joint_evidence import KIND, JointEvidence
from noctule.indexer.serve.repository import LARGEST_BUDGET, Repository
from noctule.indexer.serve.workspace_members import Asking, MemberService
from noctule.indexer.serve.workspace_pack import WorkspaceTask
from noctule.indexer.serve.workspace_results import (
    ITSELF,
    MemberNote,
    WorkspaceChange,
    WorkspaceForecast,
    WorkspaceNotes,
    WorkspacePack,
    path_from_workspace,
)

MOST_NEAR = 3


class Workspace:
    """The repositories of a folder, by their names."""

    def __init__(self, folder: Path, members: Mapping[str, MemberService]) -> None:
        self.folder = folder.resolve()
        self._members = members
        self._joint = JointEvidence(self.folder)

    def context(self, task: str, budget_tokens: int = BUDGET_TOKENS, files: int = RANKED_FILES) -> WorkspacePack:
        """Answer a task over all repositories, within one budget. BadTask."""
        if not task.strip():
            raise BadTask("the task is empty", "describe in a sentence what is to be done, or paste an issue")
        budget = max(min(budget_tokens, LARGEST_BUDGET), 0)
        return WorkspaceTask.of(self._joint, task, budget, files, Asking(self._members)).pack()

    def notes(self, subject: str = "") -> WorkspaceNotes:
        """Say what is known about a subject, named from the workspace or from its repository. UnknownSubject.

        A name within a repository is answered for each repository that has it; a path from the workspace, for one.
        """
        asking = Asking(self._members)
        named = self._split(subject) if subject else None
        found = _ask_for_notes(asking, [named[0]], named[1]) if named is not None and named[0] != ITSELF else {}
        if not found:
            found = _ask_for_notes(asking, [ITSELF] if subject == ITSELF else self._members, subject)
            whole = {name: note for name, note in found.items() if note.subject == os.path.normpath(subject)}
            found = whole or found
        notes = tuple(MemberNote(name, self._add_joint(name, note, asking)) for name, note in found.items())
        self._require_answers(notes, asking)
        if not notes:
            raise UnknownSubject(
                f"no repository of {self.folder} has {subject}",
                "name it as in its repository, or with the repository's folder before it",
            )
        return WorkspaceNotes(str(self.folder), notes, asking.failed)

    def predict(self, given: Sequence[str] = (), task: str = "", k: int = 20) -> WorkspaceForecast:
        """Name the likeliest changes; of the repositories that the given files lie in, where there are any."""
        mine: dict[str, list[str]] = {}
        asking = Asking(self._members)
        for path in given:
            name, rest = self._find_file(path, asking)
            mine.setdefault(name, []).append(rest)
        forecasts = asking.ask(mine or self._members, lambda name: lambda one: one.predict(mine.get(name, ()), task, k))
        self._require_answers(forecasts, asking)
        points = [
            WorkspaceChange(name, path_from_workspace(name, point.path), point.symbol, point.probability, point.reasons)
            for name, forecast in forecasts.items()
            for point in forecast.change_points
        ]
        points = self._join(points, [(name, path) for name, paths in mine.items() for path in paths], asking)
        return WorkspaceForecast(
            str(self.folder),
            tuple(given),
            tuple(sorted(points, key=lambda one: (-one.probability, one.repository, one.path, one.symbol or ""))[:k]),
            {name: forecast.withheld for name, forecast in forecasts.items() if forecast.withheld},
            asking.failed,
        )

    def _join(
        self, points: Sequence[WorkspaceChange], given: Sequence[tuple[str, str]], asking: Asking
    ) -> list[WorkspaceChange]:
        """Add what changes in other repositories; of a file that its own repository expects too, the higher chance."""
        joined = {(point.path, point.symbol): point for point in points}
        for one in self._joint.find(given, asking):
            path = path_from_workspace(one.repository, one.path)
            known = joined.get((path, None), WorkspaceChange(one.repository, path, None, 0.0, ()))
            reasons = (Reason(KIND, one.claim.text, one.chance), *known.reasons)
            if one.chance < known.probability:
                reasons = (*known.reasons, reasons[0])
            joined[path, None] = replace(known, probability=max(one.chance, known.probability), reasons=reasons)
        return list(joined.values())

    def _add_joint(self, name: str, note: Note, asking: Asking) -> Note:
        """Add to the facts about a file what changes with it in other repositories."""
        if note.subject_kind != "file":
            return note
        partners = self._joint.find([(name, note.subject)], asking)
        return replace(note, claims=(*note.claims, *(one.claim for one in partners))) if partners else note

    def _require_answers(self, found: Collection[object], asking: Asking) -> None:
        """Raise where no repository could be asked."""
        if not found and len(asking.failed) == len(self._members):
            why = next(iter(asking.failed.values()), "it holds none")
            raise NoctuleError(f"no repository of {self.folder} answers: {why}", "see `noctule status`")

    def _find_file(self, path: str, asking: Asking) -> tuple[str, str]:
        """Return the repository of a file and its path there, named from the workspace or from its repository.

        UnknownSubject where several have it, or none.
        """
        named = self._split(path)
        if named is not None and asking.ask([named[0]], lambda _: partial(_find, path=named[1])).get(named[0]):
            return named
        having = {n: rest for n, rest in asking.ask(self._members, lambda _: partial(_find, path=path)).items() if rest}
        having = {name: rest for name, rest in having.items() if rest == path} or having
        if len(having) > 1:
            near = [path_from_workspace(name, rest) for name, rest in having.items()]
            raise UnknownSubject(
                f"{path} lies in {len(having)} repositories of {self.folder}",
                f"did you mean {' or '.join(near[:MOST_NEAR])}?",
            )
        for only in having.items():
            return only
        if named is None:
            raise UnknownSubject(f"{path} lies in no repository of {self.folder}", "see `noctule workspace list`")
        return named

    def _split(self, path: str) -> tuple[str, str] | None:
        """Return the repository that a path of the workspace lies in, the innermost one, and the rest of the path."""
        fits = [name for name in self._members if path == name or path.startswith(f"{name}/") or name == ITSELF]
        if not fits:
            return None
        name = max(fits, key=lambda fit: 0 if fit == ITSELF else len(fit))
        return name, path if name == ITSELF else path[len(name) + 1 :]


def _ask_for_notes(asking: Asking, names: Collection[str], subject: str) -> dict[str, Note]:
    """Return the notes of these members about a subject, of those that have it."""

    def ask(repository: Repository) -> Note | None:
        try:
            return repository.notes(subject)
        except UnknownSubject:
            return None

    return {name: note for name, note in asking.ask(names, lambda _: ask).items() if note is not None}


def _find(repository: Repository, path: str) -> str:
    """Return the path of the file that a path or its end names in a repository; empty where there is none."""
    from noctule.indexer.notes.subject import find_file  # with what no pack waits for

    try:
        return find_file(path, repository.reader.ground, repository.root)
    except UnknownSubject:
        return ""
