"""What Noctule tells of the relations in a work tree: learned by a sleep, read as its notes read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.rows import DefinitionRow

Group = tuple[int, str]
"""A file and the qualified name of what it defines there, once or more often."""


@dataclass(frozen=True)
class Claims:
    """Files by position with their language and role, what they define, who uses it, and which files use which."""

    root: Path
    paths: Sequence[str]
    languages: Sequence[str]
    roles: Sequence[str]
    definitions: Mapping[int, Sequence[DefinitionRow]]
    uses: Mapping[Group, frozenset[int]]
    file_users: Mapping[int, frozenset[int]]


def collect(tree: Path, cache: Path) -> Claims:
    """Learn a work tree and take down all that its notes would tell of relations."""
    with Repository.open(tree, cache=cache) as repository:
        repository.sleep()
        facts = repository.reader.ground
        files = range(facts.index.size)
        code = [file for file in files if facts.language(file)]
        definitions = facts.definitions(code)
        uses: dict[Group, set[int]] = {}
        for file in code:
            for definition in definitions[file]:
                users = facts.uses(file, definition.position)
                uses.setdefault((file, definition.qualname), set()).update(user for user in users if user != file)
        return Claims(
            tree,
            tuple(facts.index.paths),
            [facts.language(file) for file in files],
            [facts.role(file) for file in files],
            definitions,
            {group: frozenset(users) for group, users in uses.items()},
            {file: frozenset(facts.users(file)) for file in code},
        )
