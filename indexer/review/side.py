"""The files of a view as they are on one side of a change, and what each of them uses there.

Files that differ from what was learned are read from their texts; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.files.text import as_utf8, line_hashes
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.parse.facts.model import IS_DECLARATION, SETTING, Facts, Head, is_setting, unpack_text
from noctule.indexer.parse.live_facts import LiveFacts, read_facts
from noctule.indexer.parse.outline import LiveDefinition
from noctule.indexer.resolve.program import Program
from noctule.indexer.store.store import Store

if TYPE_CHECKING:
    from noctule.indexer.resolve.edges import Resolver

MOST_READ = 400
"""So many files that differ from what was learned are read; of a larger change, those that were asked for first."""
Uses = Mapping[tuple[str, int], Sequence[int]]
"""The lines (from zero) that use a definition, by the path and the position of the definition in its file."""


class Side:
    """One side of a change: `texts` are the files that differ between the sides, None where a file is not there.

    Uses of `names` are resolved; `outlines` are those that are known, by the rows of their blobs.
    """

    def __init__(
        self,
        store: Store,
        ground: ViewFacts,
        texts: Mapping[str, bytes | None],
        names: Set[str],
        outlines: Mapping[int, bytes],
    ) -> None:
        self._store = store
        self._ground = ground
        self._names = frozenset(names)
        self._outlines = outlines
        self._texts = {path: text for path, text in texts.items() if text is not None}
        known = [path for path in ground.index.paths if path not in texts]
        self._learned = {path: ground.position[path] for path in known}
        self._learned |= {path: ground.position[path] for path in self._texts if self._is_learned(path)}
        self._read: dict[str, LiveFacts] = {}
        self._uses: dict[str, Uses] = {}

    def _is_learned(self, path: str) -> bool:
        """Tell whether a file of this side is what was learned of it."""
        file = self._ground.position.get(path)
        return file is not None and self._ground.load_hashes([file])[file] == line_hashes(self._texts[path])

    @property
    def is_learned(self) -> bool:
        """Whether all files of this side are as they were learned, and no other one was learned."""
        position = self._ground.position
        return all(path in self._learned for path in self._texts) and self._learned.keys() == position.keys()

    def definitions(self, path: str) -> Sequence[LiveDefinition]:
        """Return what a file defines, in source order."""
        file = self._learned.get(path)
        if file is None:
            return self._find_facts(path).definitions if path in self._texts else ()
        return [LiveDefinition(d.qualname, d.kind, d.start, d.stop) for d in self._ground.file_definitions(file)]

    def facts(self, path: str) -> Facts | None:
        """Return the facts of a file, without its uses; None where it has none."""
        file = self._position.get(path)
        return self._program.of(file) if file is not None and self._program.heads[file] is not None else None

    def declares_only(self, path: str, definition: int) -> bool:
        """Tell whether a definition has no body, as a prototype in a header."""
        facts = self.facts(path)
        functions = facts.functions if facts is not None else ()
        return any(one.definition == definition and one.flags & IS_DECLARATION for one in functions)

    def uses(self, path: str) -> Uses:
        """Return what a file uses of the definitions that have one of the names."""
        if path not in self._uses:
            file = self._position.get(path)
            if file is None or self._program.heads[file] is None:
                return {}
            found = self._resolver.edges(file).uses
            self._uses[path] = {
                (self._paths[target], definition): sorted(lines) for (target, definition), lines in found.items()
            }
        return self._uses[path]

    def _find_facts(self, path: str) -> LiveFacts:
        if path not in self._read:
            full = len(self._read) >= MOST_READ
            self._read[path] = LiveFacts() if full else read_facts(path, self._texts[path])
        return self._read[path]

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self._learned.keys() | self._texts.keys())

    @cached_property
    def _position(self) -> dict[str, int]:
        return {path: file for file, path in enumerate(self._paths)}

    @cached_property
    def _resolver(self) -> Resolver:
        from noctule.indexer.resolve.edges import Resolver  # most changes break nobody

        return Resolver(self._program, self._names)

    @cached_property
    def _program(self) -> Program:
        ground, store = self._ground, self._store
        rows = {path: ground.row(file) for path, file in self._learned.items()}
        packages = store.packages(sorted(set(rows.values())))
        heads: list[Head | None] = []
        for path in self._paths:
            package = packages.get(rows[path]) if path in rows else None
            if path not in rows:
                heads.append(self._find_facts(path).head)
            else:
                has_facts = package is not None and package != SETTING
                heads.append(Head(ground.language(self._learned[path]), package or "") if has_facts else None)
        settings: dict[str, str] = {}
        for path in filter(is_setting, self._paths):
            if path not in rows:
                settings[path] = (as_utf8(self._texts[path]) or b"").decode("utf-8", "replace")
            elif packages.get(rows[path]) == SETTING:
                settings[path] = unpack_text(store.load_facts(rows[path]))
        outlined = {
            file: self._outlines[rows[path]]
            for file, path in enumerate(self._paths)
            if path in rows and rows[path] in self._outlines
        }

        def load(file: int) -> bytes:
            path = self._paths[file]
            return store.load_facts(rows[path]) if path in rows else self._find_facts(path).facts

        return Program(self._paths, heads, load, settings, outlined)
