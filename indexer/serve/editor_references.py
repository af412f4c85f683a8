"""Answers of an editor's language servers about uses. They confirm or withdraw resolved uses, and add none.

An answer holds for the blobs that it was given for: that of the definition's file, and that of each file that uses it.
After an edit of one of them the answer is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from noctule.indexer.runtime import state

if TYPE_CHECKING:
    from noctule.indexer.notes.view_facts import ViewFacts
    from noctule.indexer.reports import ReferenceQuestion
    from noctule.indexer.store.rows import DefinitionRow

MOST_ANSWERS = 2000
_DOCUMENT = "editor references of {}"
_ASKED = frozenset({"function", "method", "class", "interface", "struct", "enum", "trait", "type", "macro", "constant"})


class EditorAnswer(NamedTuple):
    """The blob of a definition's file, and by file its blob and whether it uses the definition."""

    blob: str
    users: Mapping[str, tuple[str, bool]]


Answers = Mapping[str, EditorAnswer]
"""By `path:qualname`, those that were given first at the front."""


def load(folder: Path, view: str) -> dict[str, EditorAnswer]:
    """Return the stored answers for a work tree."""
    found = state.rows(folder, "SELECT content FROM document WHERE name = ?", _DOCUMENT.format(view))
    if not found:
        return {}
    return {
        subject: EditorAnswer(blob, {path: (oid, bool(uses)) for path, (oid, uses) in users.items()})
        for subject, (blob, users) in json.loads(found[0][0]).items()
    }


def _keep(folder: Path, view: str, subject: str, answer: EditorAnswer) -> None:
    answers = load(folder, view)
    answers.pop(subject, None)
    answers[subject] = answer
    content = json.dumps(dict(list(answers.items())[-MOST_ANSWERS:]))
    with state.transaction(folder, durable=False) as db:
        db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (_DOCUMENT.format(view), state.text(content)))


def count(answers: Answers, blobs: Mapping[str, str]) -> dict[str, object]:
    """Return how many answers still hold, and how many uses they confirm and withdraw; nothing where nobody asked."""
    holding = [answer for subject, answer in answers.items() if blobs.get(subject.partition(":")[0]) == answer.blob]
    said = [uses for answer in holding for path, (oid, uses) in answer.users.items() if blobs.get(path) == oid]
    return {"asked": len(holding), "confirmed": sum(said), "withdrawn": len(said) - sum(said)} if holding else {}


class EditorReferences:
    """The answers about one view, and which definition to ask for next."""

    def __init__(self, ground: ViewFacts, oids: Sequence[str], folder: Path, view: str) -> None:
        self._ground = ground
        self._oids = oids
        self._folder = folder
        self._view = view

    @cached_property
    def _answers(self) -> dict[int, dict[str, EditorAnswer]]:
        """Those that hold for the definition's file, by file."""
        found: dict[int, dict[str, EditorAnswer]] = {}
        for subject, answer in load(self._folder, self._view).items():
            path, _, name = subject.partition(":")
            file = self._ground.position.get(path, -1)
            if file >= 0 and self._oids[file] == answer.blob:
                found.setdefault(file, {})[name] = answer
        return found

    def __call__(self, file: int, definition: int) -> Collection[int]:
        """Return the files that were asked about and do not use a definition."""
        mine = self._answers.get(file)
        if mine is None:
            return ()
        answer = mine.get(self._ground.file_definitions(file)[definition].qualname)
        users = answer.users.items() if answer is not None else ()
        found = ((self._ground.position.get(path, -1), oid) for path, (oid, uses) in users if not uses)
        return {user for user, oid in found if user >= 0 and self._oids[user] == oid}

    def find_question(self, files: Iterable[int]) -> ReferenceQuestion | None:
        """Return the first definition of some files that others use and nobody has asked for."""
        from noctule.indexer.notes.overriding import find_name_line
        from noctule.indexer.reports import ReferenceQuestion

        ground = self._ground
        for file in files:
            if ground.has_changed(file) or not ground.is_there(file):
                continue
            for row in self._open_definitions(file):
                line = find_name_line(ground, file, row)
                return ReferenceQuestion(f"{ground.path(file)}:{row.qualname}", ground.path(file), line + 1, row.name)
        return None

    def _open_definitions(self, file: int) -> Iterator[DefinitionRow]:
        asked = self._answers.get(file, {})
        for row in self._ground.file_definitions(file):
            if row.kind in _ASKED and row.qualname not in asked and self._users(file, row):
                yield row

    def _users(self, file: int, row: DefinitionRow) -> list[int]:
        """Return the files of the same language that use a definition by the index and have not changed since."""
        ground = self._ground
        users = ground.known_uses.uses(file, row.position)
        return [
            user
            for user in users
            if user != file and ground.language(user) == ground.language(file) and not ground.has_changed(user)
        ]

    def keep(self, subject: str, using: Collection[str]) -> None:
        """Keep which files use a definition, as an editor says.

        One that finds none of the uses that are known knows the repository too little to withdraw any.
        """
        path, _, name = subject.partition(":")
        file = self._ground.position.get(path, -1)
        if file < 0 or self._ground.has_changed(file):
            return
        rows = [row for row in self._ground.file_definitions(file) if row.qualname == name]
        users = {user for row in rows for user in self._users(file, row)}
        said = {self._ground.path(user): (self._oids[user], self._ground.path(user) in using) for user in sorted(users)}
        if not any(uses for _, uses in said.values()):
            said = {}
        _keep(self._folder, self._view, subject, EditorAnswer(self._oids[file], said))
        self.__dict__.pop("_answers", None)
        self._ground.forget_subtypes()


def apply_editor_answers(ground: ViewFacts, oids: Sequence[str], folder: Path, view: str) -> ViewFacts:
    """Let a view withdraw the uses that editors deny; return the view."""
    ground.denied = EditorReferences(ground, oids, folder, view)
    return ground


def find_references(ground: ViewFacts) -> EditorReferences:
    """Return the answers that a view applies."""
    assert isinstance(ground.denied, EditorReferences)
    return ground.denied
