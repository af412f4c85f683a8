"""What claims are written from: one view's files, names, edges and commits, and the live texts beside them.

Answers questions of fact about files, which it knows by their positions in the view; decides nothing about what is
worth saying.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from noctule.indexer.arrays import Array, unpack
from noctule.indexer.files.git import Git, RepositoryPlace
from noctule.indexer.files.line_tracking import follow
from noctule.indexer.files.live_files import LiveFiles
from noctule.indexer.files.roles import is_change_log
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.files.text import line_hashes
from noctule.indexer.lru import WeightedLru
from noctule.indexer.notes import view_uses
from noctule.indexer.notes.bare_paths import BarePaths
from noctule.indexer.notes.changes import ViewCommits
from noctule.indexer.notes.learned_texts import LearnedTexts
from noctule.indexer.notes.recipe_mining import Recipe
from noctule.indexer.notes.view_imports import Meant, ViewImports
from noctule.indexer.notes.view_uses import Denied, ViewUses, nobody
from noctule.indexer.parse.outline import LiveOutline, Outlines, innermost
from noctule.indexer.resolve.confidence import TOLD
from noctule.indexer.search.index import Index
from noctule.indexer.store.rows import DefinitionRow
from noctule.indexer.store.store import Store
from noctule.indexer.symbols import Span

if TYPE_CHECKING:
    from noctule.indexer.notes.couplings import Coupling
    from noctule.indexer.notes.suite_blocks import Suite

PARTS = ("commit_ids", "recipes", "couplings", *view_uses.PARTS)
_FOLDER_IS_NAMESPACE = frozenset({"go", "java", "kotlin", "scala", "swift", "csharp", "c", "cpp"})
_PASSES_ON = frozenset({"__init__.py", "index.js", "index.ts", "mod.rs", "lib.rs"})

Twin = tuple[int, DefinitionRow, str]
"""A file, a definition in it that is named like another, and the words that tell the two apart."""
MOST_SUITE_LINES = 60_000
"""Files of tests are kept whose tests have so many lines together."""
Subtype = tuple[int, DefinitionRow, int]
"""A file, a type in it, and the line (from zero) of its head that names the other."""
MOST_TWINS = 2_000
"""So many definitions and their twins are kept, and as many types and their subtypes."""
LATEST_CHANGES = 400
"""Of so many commits is asked what they touched together."""

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NO_COMMITS: Mapping[str, Array] = {
    "offsets": np.zeros(1, np.int64),
    "files": np.empty(0, np.int32),
    "sizes": np.empty(0, np.int32),
    "flags": np.empty(0, np.uint8),
    "times": np.empty(0, np.int64),
    "authors": np.empty(0, np.int32),
    "oids": np.empty(0, np.uint8),
}


def _weigh(found: Sequence[object]) -> int:
    return len(found) + 1


class ViewFacts(LearnedTexts):
    """One view to write claims from, and the live files beside it."""

    denied: Denied = staticmethod(nobody)

    def __init__(
        self,
        store: Store,
        parts: Mapping[str, bytes],
        index: Index,
        live: LiveFiles,
        place: RepositoryPlace | None,
    ) -> None:
        super().__init__(store, index)
        self._parts = parts
        self._live = live
        self._place = place
        self._meant: dict[int, list[Meant]] = {}
        self._imports = ViewImports(store, index)
        self.outlines = Outlines()
        self.suites: WeightedLru[int, Suite] = WeightedLru(MOST_SUITE_LINES, lambda suite: suite.size + 1)
        self.twins: WeightedLru[tuple[int, int], Sequence[Twin]] = WeightedLru(MOST_TWINS, _weigh)
        self.forget_subtypes()

    def forget_subtypes(self) -> None:
        """Begin to keep subtypes anew: which files are there tells which types inherit."""
        self.subtypes: WeightedLru[tuple[int, int], Sequence[Subtype]] = WeightedLru(MOST_TWINS, _weigh)

    def look(self, live: LiveFiles) -> None:
        """Hold what is said against other live files from here on."""
        self._live = live
        self.__dict__.pop("sure", None)
        self._meant.clear()
        self.forget_subtypes()

    # What sleep laid out

    @cached_property
    def changes(self) -> ViewCommits:
        """The past commits."""
        if "commit_ids" not in self._parts:
            return ViewCommits(_NO_COMMITS, _NO_COMMITS)
        return ViewCommits(self.index.commits, unpack(self._parts["commit_ids"]))

    @cached_property
    def tested_changes(self) -> list[list[int]]:
        """The files of the latest commits that touched source and tests, the latest first."""
        source, test = map(self.index.have_role, ("source", "test"))
        latest = np.flatnonzero(self.changes.telling)[::-1][:LATEST_CHANGES].tolist()
        return [f for f in map(self.changes.commit_files, latest) if source[f].any() and test[f].any()]

    @cached_property
    def change_logs(self) -> set[int]:
        """The change logs, and files of news, that these commits touched."""
        return {file for files in self.tested_changes for file in files if is_change_log(self.path(file))}

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """What changes of one kind had in common."""
        return Recipe.decode(self._parts.get("recipes", b"[]"))

    @cached_property
    def couplings(self) -> tuple[Coupling, ...]:
        """Pairs of files that keep changing together."""
        from noctule.indexer.notes.couplings import Coupling  # no pack names them

        return Coupling.decode(self._parts.get("couplings", b"[]"))

    # Files

    @cached_property
    def position(self) -> dict[str, int]:
        """The position of each path."""
        return {path: file for file, path in enumerate(self.index.paths)}

    @cached_property
    def bare_paths(self) -> BarePaths:
        """The paths, to be searched."""
        return BarePaths(self.index.paths)

    def path(self, file: int) -> str:
        """Return the path of a file."""
        return self.index.paths[file]

    def role(self, file: int) -> str:
        """Return what a file is for."""
        return str(self.index.role_names[int(self.index.role[file])])

    def is_test(self, file: int) -> bool:
        """Tell whether a file is a test."""
        return self.role(file) == "test"

    def language(self, file: int) -> str:
        """Return the language of a file, or an empty string."""
        return str(self.index.languages[int(self.index.blob[file])])

    def is_facade(self, file: int) -> bool:
        """Tell whether a file chiefly gives other files' names on, for a whole folder."""
        return self.path(file).rpartition("/")[2] in _PASSES_ON

    def is_there(self, file: int) -> bool:
        """Tell whether a file is there now."""
        return self._live.is_there(file)

    def has_changed(self, file: int) -> bool:
        """Tell whether a file is no longer what was learned."""
        return self._live.has_changed(file)

    def within(self, folder: str) -> list[int]:
        """Return the files below a folder."""
        start = folder + "/"
        return [file for file, path in enumerate(self.index.paths) if path.startswith(start)]

    # Names and edges

    def defining(self, names: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Return (file, position of the definition) for all definitions of each name in this view."""
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
        for name, row, position in self._store.find_definitions(names):
            found[name].extend((file, position) for file in self.index.blob_files(row))
        return found

    def names_like(self, name: str, most: int) -> list[str]:
        """Return defined names that are spelled almost like this one, the nearest first."""
        import difflib  # for names that nobody defines

        return difflib.get_close_matches(name, self._store.defined_names(name[:1]), most, 0.7)

    def naming(self, name: str) -> dict[int, array[int]]:
        """Return the files of this view that use a name, and on which lines (from zero)."""
        rows = self._store.find_uses(name)
        return {file: lines for row, lines in rows for file in self.index.blob_files(row)}

    @cached_property
    def known_uses(self) -> ViewUses:
        """Who uses what, as learned."""
        return ViewUses(self._parts, self.denied)

    def uses(self, file: int, definition: int) -> dict[int, array[int]]:
        """Return which files that are there use a definition, and on which lines (from zero)."""
        known = self.known_uses.uses(file, definition)
        return {user: lines for user, lines in known.items() if self.is_there(user)}

    def resolves(self, file: int) -> bool:
        """Tell whether the uses of what a file defines are resolved: its language has a front end."""
        from noctule.indexer.parse.facts.extract import RESOLVED  # the front ends, which no pack needs

        return self.language(file) in RESOLVED

    def users(self, file: int) -> list[int]:
        """Return the files that use a file for sure, those that use it most first."""
        graph = self.index.graph
        edges = np.flatnonzero((graph.targets == file) & self.sure)
        order = np.argsort(-graph.weights[edges], kind="stable")
        return list(map(int, graph.sources[edges[order]]))

    def find_used_files(self, file: int) -> list[int]:
        """Return the files that a file uses for sure, those that it uses most first."""
        graph = self.index.graph
        edges = np.flatnonzero((graph.sources == file) & self.sure)
        order = np.argsort(-graph.weights[edges], kind="stable")
        return list(map(int, graph.targets[edges[order]]))

    def imports(self, file: int) -> list[Meant]:
        """Return what a file imports, as learned."""
        if file not in self._meant:
            self._meant[file] = self._imports.resolve(file, self.find_used_files(file))
        return self._meant[file]

    @cached_property
    def sure(self) -> Array:
        """Which edges of the graph are sure: they were resolved, and both files are there."""
        graph = self.index.graph
        sure: Array = graph.confidence >= np.float32(TOLD)
        there = np.array([self.is_there(f) for f in range(self.index.size)], bool)
        sure &= there[graph.sources] & there[graph.targets]
        return sure

    # What has changed since it was learned, and is told although no line of it is quoted

    def in_doubt(self, users: Iterable[int], file: int) -> bool:
        """Tell whether the import of a file is no longer found in any of those that used it."""
        for user in users:
            if self.has_changed(user):
                line = self.import_lines([user], file).get(user)
                if line is None or not self.stands(user, [line]):
                    return True
        return False

    def out_of_line(self, naming: Mapping[int, Sequence[int]], files: Iterable[int]) -> bool:
        """Tell whether all learned lines that named something are gone from any of some files."""
        return any(self.has_changed(file) and not self.stands(file, naming[file]) for file in files)

    def stands(self, file: int, lines: Iterable[int]) -> bool:
        """Tell whether one of the learned lines (from zero) still stands somewhere in its file, in the same place."""
        live = self.live_hashes(file)
        if live is None:
            return False
        learned, there = self.load_hashes([file])[file], defaultdict[int, list[int]](list)
        for at, line_hash in enumerate(live):
            there[line_hash].append(at)
        return any(
            self.is_same_place(file, line, at) for line in lines if line < len(learned) for at in there[learned[line]]
        )

    def is_same_place(self, file: int, learned: int, live: int) -> bool:
        """Tell whether a line as it is belongs to what it belonged to when it was learned, and is code.

        Its function or type may have another name by now, and whole files are put into comments.
        """
        outline = self.outline(file)
        if outline is None:
            return True
        owner = innermost(self.file_definitions(file), learned)
        return outline.is_code(live) and outline.owner(live) == ((owner.qualname, owner.kind) if owner else ("", ""))

    def defines(self, file: int, definition: DefinitionRow) -> bool:
        """Tell whether a file still defines something of this name and kind."""
        outline = self.outline(file)
        return outline is None or outline.defines(definition.qualname, definition.kind)

    def outline(self, file: int) -> LiveOutline | None:
        """Return the outline of a file that has changed; None for one that has not, and where no grammar tells."""
        if not self.has_changed(file):
            return None
        return self.outlines.find(self.path(file), self._live.contents([file])[file] or b"")

    def find_reason(self, path: str) -> str | None:
        """Say why a path is left out of the index; None where it is not."""
        return self._live.find_reason(path)

    @property
    def gone_paths(self) -> Sequence[str]:
        """The files that are no longer there, and the folders of which nothing is, with a slash at their ends."""
        return self._live.gone_paths

    def are_lost(self, commits: Sequence[int]) -> bool:
        """Tell whether any of some commits is not in the past of what is there now: a branch was switched, or moved."""
        return self._live.have_lost(self.changes.oids(commits))

    def has_commit(self, oid: str) -> bool:
        """Tell whether the commit with a full id is in the past of what is there now, as far as it was learned."""
        known = self.changes.known and _OID.fullmatch(oid) is not None
        return known and self.changes.commit_time(oid) is not None and not self._live.have_lost([oid])

    def find_learned_line(self, file: int, line: int) -> int | None:
        """Return where a line of a file as it is (both from zero) was learned; None where it is new or ambiguous."""
        if not self.has_changed(file):
            return line
        learned, live = self.load_hashes([file])[file], self.live_hashes(file)
        if live is None or line >= len(live):
            return None
        alike = (n for n, one in enumerate(learned) if one == live[line])
        return next((n for n in alike if follow(Span(n, n + 1), learned, live) == Span(line, line + 1)), None)

    def may_name(self, name: str) -> bool:
        """Tell whether a file that is not as it was learned holds a name, or may for all we know."""
        return self._live.may_name(name)

    def reachable_users(self, file: int) -> set[int]:
        """Return the files that can mean a file's names: those that import it or what passes its names on.

        Where a folder is a namespace, its other files need no import.
        """
        direct = self.users(file)
        found = {*direct, *(u for d in direct if self.is_facade(d) for u in self.users(d))}
        if self.language(file) in _FOLDER_IS_NAMESPACE:
            folder = self.path(file).rpartition("/")[0]
            found.update(f for f in self.within(folder) if self.path(f).rpartition("/")[0] == folder)
        return {f for f in found if self.language(f) == self.language(file)} - {file}

    def refer_to_each_other(self, one: int, other: int) -> bool:
        """Tell whether either file uses the other, as far as is known."""
        graph = self.index.graph
        there = ((graph.sources == one) & (graph.targets == other)) | (
            (graph.sources == other) & (graph.targets == one)
        )
        return bool(there.any())

    def import_lines(self, users: Sequence[int], target: int) -> dict[int, int]:
        """Return, for those users where it is known, a line (from zero) that shows that they use the target."""
        first = self.known_uses.first_lines(target)
        found = {user: first[user] for user in users if user in first}
        return found | self._imports.find_lines([user for user in users if user not in found], target)

    # Texts

    def live_hashes(self, file: int) -> array[int] | None:
        """Return the line hashes of a file as it is, or None where it is gone."""
        content = self._live.contents([file])[file]
        return None if content is None else line_hashes(content)

    def live_lines(self, file: int) -> Sequence[str]:
        """Return the lines of a file as it is; none for one that is gone, is no text or may hold secrets."""
        return () if may_hold_secrets(self.path(file)) else self._live.lines([file]).get(file, ())

    @cached_property
    def git(self) -> Git | None:
        """git, where there is a repository."""
        return Git(self._place) if self._place is not None else None
