"""What Noctule tells of the relations in a work tree: learned by a sleep, read as its notes read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from noctule.indexer.resolve.relations import FILE
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.rows import DefinitionRow

BY_NAME = 99
"""The way of an edge that was not resolved: a name alone leads there."""
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
    ways: Mapping[Group, Mapping[int, int]] = field(default_factory=dict)
    """How the surest use of a definition in each file was resolved."""
    file_ways: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """The same of a file, with those files that a name alone leads from to it."""


def collect(tree: Path, cache: Path) -> Claims:
    """Learn a work tree and take down all that its notes would tell of relations."""
    with Repository.open(tree, cache=cache) as repository:
        repository.sleep()
        facts = repository.reader.ground
        files = range(facts.index.size)
        code = [file for file in files if facts.language(file)]
        definitions = facts.definitions(code)
        uses: dict[Group, set[int]] = {}
        ways: dict[Group, dict[int, int]] = {}
        resolved = facts.known_uses.resolved
        for file in code:
            for definition in definitions[file]:
                users = facts.uses(file, definition.position)
                group = (file, definition.qualname)
                uses.setdefault(group, set()).update(user for user in users if user != file)
                best = ways.setdefault(group, {})
                for user, way in resolved.ways(file, definition.position).items():
                    best[user] = min(best.get(user, way), way)
        return Claims(
            tree,
            tuple(facts.index.paths),
            [facts.language(file) for file in files],
            [facts.role(file) for file in files],
            definitions,
            {group: frozenset(users) for group, users in uses.items()},
            {file: frozenset(facts.users(file)) for file in code},
            ways,
            {
                file: dict.fromkeys((user for user, _, _ in facts.index.graph.users(file)), BY_NAME)
                | resolved.ways(file, FILE)
                for file in code
            },
        )
