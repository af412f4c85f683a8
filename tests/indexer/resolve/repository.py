"""A repository in memory, resolved, for tests of who uses what."""

from __future__ import annotations

from collections.abc import Mapping

from noctule.indexer.parse.extract import read
from noctule.indexer.parse.facts.extract import extract_facts
from noctule.indexer.parse.facts.model import Facts, Head, is_setting
from noctule.indexer.parse.facts.packing import pack
from noctule.indexer.parse.languages import detect_language
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations, resolve


class Repository:
    """A repository in memory, resolved."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.paths = sorted(files)
        self.definitions: list[list[str]] = []
        heads: list[Head | None] = []
        packed: list[bytes] = []
        for path in self.paths:
            language = detect_language(path)
            facts: Facts | None = None
            names: list[str] = []
            if language is not None:
                symbols, tree = read(files[path].encode(), language)
                facts = extract_facts(tree, files[path].encode(), language, symbols.definitions)
                names = [definition.qualname for definition in symbols.definitions]
            self.definitions.append(names)
            heads.append(None if facts is None else Head(facts.language, facts.package))
            packed.append(b"" if facts is None else pack(facts))
        texts = {path: text for path, text in files.items() if is_setting(path)}
        self.program = Program(self.paths, heads, packed.__getitem__, texts)
        names_ = frozenset(name.rpartition(".")[2] for names in self.definitions for name in names)
        self.relations = Relations.of(resolve(self.program, names_, range(len(self.paths))))
        assert self.program.failed == {}

    def users(self, subject: str) -> dict[str, list[int]]:
        """Return the files that use `path:qualname`, with their lines (from one)."""
        path, _, name = subject.partition(":")
        file = self.paths.index(path)
        found: dict[str, set[int]] = {}
        for position, qualname in enumerate(self.definitions[file]):
            if qualname == name:
                for user, lines in self.relations.uses(file, position).items():
                    if user != file:
                        found.setdefault(self.paths[user], set()).update(line + 1 for line in lines)
        return {user: sorted(lines) for user, lines in sorted(found.items())}
