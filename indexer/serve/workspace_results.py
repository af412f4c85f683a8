"""Answers over several repositories, as values. Every path begins with the folder of its repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from noctule.indexer.reports import SleepReport, Status
from noctule.indexer.results import Answer, Claim, Freshness, Note, Reason, Value

ITSELF = "."
"""The workspace's own top as one of its repositories."""


def path_from_workspace(name: str, path: str) -> str:
    """Return a path of a repository as seen from the workspace."""
    return path if name == ITSELF else f"{name}/{path}"


@dataclass(frozen=True, slots=True)
class WorkspaceMember(Value):
    """One repository of a workspace; `name` is its folder as seen from the workspace, "." for that itself."""

    name: str
    root: str
    how: str  # "itself", "nested", "submodule", "added"


@dataclass(frozen=True, slots=True)
class WorkspaceList(Answer):
    """The repositories that a folder answers over; none: it is no workspace."""

    folder: str
    repositories: tuple[WorkspaceMember, ...]


@dataclass(frozen=True, slots=True)
class MemberSleep(Value):
    """What a sleep did in one repository."""

    repository: str
    report: SleepReport


@dataclass(frozen=True, slots=True)
class WorkspaceSleep(Answer):
    """What a sleep did in each repository, and how many files were found to change with one of another repository."""

    folder: str
    repositories: tuple[MemberSleep, ...]
    failed: Mapping[str, str]
    joint_changes: int


@dataclass(frozen=True, slots=True)
class MemberStatus(Value):
    """What is known about one repository."""

    repository: str
    status: Status


@dataclass(frozen=True, slots=True)
class WorkspaceStatus(Answer):
    """What is known about each repository of a workspace."""

    folder: str
    repositories: tuple[MemberStatus, ...]
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MemberState(Value):
    """What a repository had part in an answer: how many files, and how much of the budget it was given.

    Of one that was given nothing the files were not looked at: its revision and freshness are unknown.
    """

    repository: str
    revision: str | None
    dirty: bool
    freshness: Freshness
    files: int
    budget_tokens: int


@dataclass(frozen=True, slots=True)
class WorkspaceFile(Value):
    """A file that a task is likely to touch."""

    repository: str
    path: str
    rank: int
    probability: float


@dataclass(frozen=True, slots=True)
class WorkspacePack(Answer):
    """What to read for a task, in all repositories, within one budget."""

    folder: str
    budget_tokens: int
    tokens: int
    tokenizer: str
    abstained: bool
    elapsed_ms: float
    files: tuple[WorkspaceFile, ...]
    repositories: tuple[MemberState, ...]
    failed: Mapping[str, str]  # repository -> why it has no part in the answer
    text: str
    claims: tuple[Claim, ...] = ()
    """What changes in one of the repositories when another does, and how often that came true."""


@dataclass(frozen=True, slots=True)
class MemberNote(Value):
    """Facts about a subject of one repository."""

    repository: str
    note: Note


@dataclass(frozen=True, slots=True)
class WorkspaceNotes(Answer):
    """Facts about a subject from each repository that has it."""

    folder: str
    notes: tuple[MemberNote, ...]
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WorkspaceChange(Value):
    """A file or symbol that the next change is likely to touch."""

    repository: str
    path: str
    symbol: str | None
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class WorkspaceForecast(Answer):
    """The likeliest changes of all repositories; `withheld` says of those without a forecast why."""

    folder: str
    given: tuple[str, ...]
    change_points: tuple[WorkspaceChange, ...]
    withheld: Mapping[str, str]
    failed: Mapping[str, str]
