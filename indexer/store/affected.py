"""Which files of a view have to be resolved again after some of them changed, came or went. Resolves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from noctule.indexer.parse.facts.model import AUGMENTS, ELEMENTS, IMPORT, Facts, FileOutline
from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.difference import SEEN_BY_CLASS, Mentions, as_word, find_difference, is_spoken
from noctule.indexer.resolve.imports.jvm import add_accessors
from noctule.indexer.resolve.meanings import MeaningChanges
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.outer_names import (
    BY_MODULE,
    PASSING,
    all_names,
    bound_names,
    can_ask,
    differing_names,
    differing_passed_names,
    find_askable,
    is_defined,
    is_own_import,
    member_names,
    top_names,
)
from noctule.indexer.store.store import Store

MOST_SHARE = 4
"""Where more than every fourth file changed, came or went, all are resolved again: to compare two states takes as long
as to resolve some files."""
FEW = 20
"""So few are compared however few there are."""
_FOR_FOLDER = frozenset("__init__ index init lib main mod package".split())
"""Names of files that stand for their folder: such a file says what the paths below it mean."""
_FOR_ALL = frozenset({"global", AUGMENTS})
"""How an import is passed on that other files need not ask for."""
_RUST_TARGETS = frozenset("benches bin examples tests".split())
"""Folders whose files Cargo finds by itself; others are named by a `mod`, which may give any path."""
_BY_FILE = frozenset("bash c cpp javascript php python ruby rust tsx typescript".split())
"""Languages whose imports name files, and not what several files belong to."""


def is_worth(changed: int, files: int) -> bool:
    """Tell whether finding the files to resolve again takes less time than resolving all files."""
    return changed <= max(FEW, files // MOST_SHARE)


def find_affected(
    store: Store, program: Program, rows: Sequence[int], earlier: Mapping[int, int], before: Relations
) -> tuple[Relations, set[int] | None]:
    """Return the relations with definitions at their new places, and the files that are to be resolved again.

    `rows` are the blobs of all files, `earlier` those that the changed files had before. Where names say what changed
    in a file, those are resolved again that speak of one of them, or of what hangs on it. Where these are many, or
    names do not say it, who uses the file is, and who speaks of a name that came or went. None where that may be any.
    """
    packed = {file: store.load_facts(row) for file, row in earlier.items()}
    again, step = set(earlier), _Step(store, program, _places(rows), packed)
    for file, known in packed.items():
        head = program.heads[file]
        old, new = unpack(known) if known else None, program.of(file) if head is not None else None
        if _modules(old) != _modules(new):
            return before, None  # whatever lies below a module has another path
        found = find_difference(old, new) if old and new else None
        if (found is None or found.names) and (_adds_for_all(old) or _adds_for_all(new)):
            return before, None
        users, names = before.users_of([file]), frozenset[str]()
        if found is not None and old and new:
            names = found.names - step.find_own_imports(found.names, users, file, old, new)
            dependents = step.find_seers(names, file, old, new, before)
            if dependents is not None:
                before, lost = before.move(file, found.definitions)
                again.update(lost, dependents)
                continue
        again.update(users)
        differing = differing_names(old, new)
        passed = set[str]()
        if old and new:
            passed = differing_passed_names(old, new)
            passed -= step.find_own_imports(passed - {"*"}, users, file, old, new)
        seers = step.find_seers(None, file, old, new, before) if old and new and found is None else None
        if seers is not None:
            again.update(seers)
        elif passed or names or found is None:
            # Who sees something else through this file may use it through others alone.
            if "*" in passed and new and new.language == "rust":
                return before, None  # an import that means nothing leaves no trace of the file that it asks
            names |= passed
            reached = before.find_all_users([file])
            if can_ask(names):
                spoken = step.find_speakers(names)
                narrowed = spoken if new and new.language == "rust" else spoken & reached
                reached = narrowed if found is not None else reached | narrowed
            again.update(reached, before.find_all_users(reached))
        if old and new and (old.language, old.package) != (new.language, new.package):
            differing = all_names(new) | all_names(old)  # they are seen from elsewhere
        if not can_ask(differing):
            if not all(_is_hidden(program.paths[file], facts, differing) for facts in (old, new) if facts):
                return before, None
            # Who speaks of a name that the store cannot look for imports the file, perhaps through others.
            again.update(before.find_all_users([file]))
        speakers = step.find_speakers(differing)
        if old and new and new.language in SEEN_BY_CLASS and len(speakers) > len(users):
            # Whoever sees a member speaks of its class, or of what hangs on it.
            tops = add_accessors(map(as_word, top_names(old) | top_names(new)))
            classes = frozenset(class_.name for facts in (old, new) for class_ in facts.classes)
            seers = step.find_dependents(classes, file, len(speakers) // MOST_SHARE)
            if seers is not None:
                speakers &= seers | step.find_speakers(differing & tops)
        again.update(speakers)
    if any(_lists_elements(program.outline(file)) for file in again if program.heads[file] is not None):
        return before, None  # no word of their users leads there
    return before, again


@dataclass(frozen=True)
class _Step:
    """The files of a view, as they are asked for who speaks of a name."""

    store: Store
    program: Program
    places: Mapping[int, list[int]]
    packed: Mapping[int, bytes] = field(default_factory=dict)
    """The facts that the changed files had before."""
    _mentions: dict[int, Mentions] = field(default_factory=dict)

    def find_speakers(self, names: Iterable[str]) -> set[int]:
        """Return the files that speak of some names."""
        users = self.store.find_users(list(names)).values()
        return {file for rows in users for row in rows for file in self.places.get(row, ())}

    def find_own_imports(
        self, names: Iterable[str], users: Iterable[int], file: int, old: Facts, new: Facts
    ) -> set[str]:
        """Return those of some names of a file that it binds by imports, and that no other file takes from it."""
        names = set(names) - all_names(old) - all_names(new)
        own = {name for name in names if all(is_own_import(facts, name) for facts in (old, new))}
        own &= {*old.scopes[0].names, *new.scopes[0].names}
        if not own or new.language not in PASSING:
            return own
        modules = {one.module for facts in (old, new) for one in facts.imports if not _is_relative(one.module)}
        if new.language == "python":
            # Who takes a name by an import of the file uses the file; behind a star of it any name may be taken.
            path = PurePosixPath(self.program.paths[file])
            places = {path.stem, path.parent.name, ""}
            imports = [one for user in users if self.program.heads[user] for one in self.program.of(user).imports]
            imports = [one for one in imports if one.module not in modules]
            if any(one.name == "*" and one.module.rpartition(".")[2] in places for one in imports):
                return set()
            own -= {one.name for one in imports}
        return {name for name in own if not any(self._may_take(at, name, modules) for at in self.find_speakers([name]))}

    def _may_take(self, file: int, name: str, modules: Set[str]) -> bool:
        """Tell whether a file may see a name that another one imports from one of some modules."""
        if self.program.heads[file] is None:
            return False
        facts = self.program.of(file)
        if facts.language == "rust":
            imports = any(one.name == "*" or (one.name == name and one.module not in modules) for one in facts.imports)
            return imports or any(used == name and receiver for _, receiver, used in facts.uses)
        return any(
            used == name and receiver and _is_of_module(facts, receiver, modules) for _, receiver, used in facts.uses
        )

    def find_seers(
        self, names: Iterable[str] | None, file: int, old: Facts, new: Facts, before: Relations
    ) -> set[int] | None:
        """Return the other files that see something else than before of a file of which some names changed.

        They speak of one of these names, or of one that stands for something else because of them. None for `names`
        are all that do so; None is returned where names do not say which files these are.
        """
        users = before.users_of([file])
        if new.language not in SEEN_BY_CLASS:
            most = max(FEW, len(users) // MOST_SHARE)
            return self.find_dependents(names, file, most) if names is not None else None
        passed = differing_passed_names(old, new)
        passed |= set(old.exports or ()) ^ set(new.exports or ())
        if names is None:
            if "*" in passed:
                return None
            passed -= self.find_own_imports(passed, users, file, old, new)
            every = {as_word(name) for facts in (old, new) for name in bound_names(facts) if is_spoken(name)}
            names = passed | self._find_differing(file, every)
        names = set(names)
        if can_ask(names) and not self.find_speakers(names) - {file}:
            return set()
        changed = _ChangedFile(self, file, old, new, before, passed)
        spreading = {file: find_askable(self._find_differing(file, names, passed), old, new)}
        latest = {file: find_askable(names, old, new)}
        found, heard = set[int](), dict[int, set[str]]()
        while latest:
            reached = set[int]()
            for at, words in latest.items():
                if not can_ask(words):
                    return None
                for word in words:
                    seers = changed.find_seers(at, word)
                    found |= seers
                    if word in spreading[at]:
                        for other in seers:
                            heard.setdefault(other, set()).add(word)
                        reached |= seers
            if len(found) > max(FEW, len(self.program.paths) // MOST_SHARE):
                return None
            spread = self._spread(reached, heard, spreading)
            if spread is None:
                return None
            latest = spread
        return found

    def _spread(
        self, reached: set[int], heard: Mapping[int, set[str]], spreading: dict[int, set[str]]
    ) -> dict[int, set[str]] | None:
        """Return the names of files that stand for something else because of the words that these have heard.

        `spreading` has what is known of each file; only what is new is returned, and added to it. None where names do
        not say all.
        """
        found: dict[int, set[str]] = {}
        for other in reached:
            if self.program.heads[other] is None:
                continue  # nothing is seen through a file without facts
            facts = self.program.of(other)
            dependents = self._read_mentions(other).find_dependents(facts, heard[other])
            if dependents is None:
                return None
            known = spreading.setdefault(other, set())
            differing = self._find_differing(other, dependents - known)
            if differing := find_askable(differing, facts) - known:
                found[other] = differing
                known |= differing
        return found

    def _find_differing(self, file: int, names: Set[str], given: Set[str] = frozenset()) -> set[str]:
        """Return those of some names of a file, `given` ones among them, that stand for something else than before."""
        found = set[str]()
        while more := {name for name in names - found if name in given or self._differs(file, name)}:
            for name in more:
                self._changes.add(file, name)
            found |= more
        return found

    def _differs(self, file: int, name: str) -> bool:
        """Tell whether a name of a file stands for something else than before, as far as others see."""
        head = self.program.heads[file]
        if head is None or head.language not in SEEN_BY_CLASS or not self.packed.get(file, b"facts"):
            return True
        return self._changes.differ(file, name)

    @cached_property
    def _changes(self) -> MeaningChanges:
        return MeaningChanges(self.program.replace_facts(self.packed), self.program, self.packed)

    def find_dependents(self, names: Iterable[str], file: int, most: int) -> set[int] | None:
        """Return the other files that speak of some names of a file, or of names whose meaning hangs on these.

        None where names do not say which these are, or where they are more than `most`.
        """
        found, asked, names = set[int](), set[str](), set(names)
        while names - asked:
            if not can_ask(names - asked):
                return None
            found |= self.find_speakers(names - asked) - {file}
            asked |= names
            if len(found) > most:
                return None
            for other in found:
                if self.program.heads[other] is None:
                    continue  # nothing is seen through a file without facts
                dependents = self._read_mentions(other).find_dependents(self.program.of(other), asked)
                if dependents is None:
                    return None
                names |= dependents
        return found

    def _read_mentions(self, file: int) -> Mentions:
        found = self._mentions.get(file)
        if found is None:
            found = self._mentions[file] = Mentions.of(self.program.of(file))
        return found


@dataclass(frozen=True)
class _ChangedFile:
    """Two states of a file, the names that it passes on otherwise, and who used what before."""

    step: _Step
    file: int
    old: Facts
    new: Facts
    before: Relations
    passed: Set[str]

    def find_seers(self, at: int, word: str) -> set[int]:
        """Return the other files that may see, through the changed file, what a file has under a word."""
        seers = self.step.find_speakers([word]) - {at}
        states = (self.old, self.new) if at == self.file else (self.step.program.of(at),)
        if word not in self.passed and all(is_defined(facts, word) for facts in states):
            return seers & {*self.before.users_of([at])}
        if len(seers) <= FEW:
            return seers
        # Whoever sees a member speaks of its class, or of what hangs on it.
        is_member = at == self.file and word not in self._tops
        if is_member and self._seers_of_classes is not None:
            return seers & self._seers_of_classes
        return seers & (self.before.find_all_users([self.file]) | self._came)

    @cached_property
    def _tops(self) -> set[str]:
        return {as_word(name) for facts in (self.old, self.new) for name in facts.scopes[0].names}

    @cached_property
    def _came(self) -> set[int]:
        return self.step.find_speakers(differing_names(self.old, self.new))

    @cached_property
    def _seers_of_classes(self) -> set[int] | None:
        classes = {class_.name for facts in (self.old, self.new) for class_ in facts.classes}
        return self.step.find_dependents(classes, self.file, len(self.step.program.paths) // MOST_SHARE)


def _places(rows: Iterable[int]) -> dict[int, list[int]]:
    """Return the files that have each blob."""
    found: dict[int, list[int]] = {}
    for file, row in enumerate(rows):
        found.setdefault(row, []).append(file)
    return found


def find_seers(
    store: Store, program: Program, rows: Sequence[int], moved: Mapping[str, int], earlier: Mapping[int, int]
) -> tuple[set[int], set[int]] | None:
    """Return the files that may see that some files came or went, and those among them that could see them before.

    Who uses the latter, perhaps through others, may see it too. None where any file may. `moved` are the paths with
    their blobs, `earlier` the blobs that changed files had before. They may be seen by who names them in an import,
    and, in languages whose files need none, by who speaks of what they define.
    """
    if not _FOR_FOLDER.isdisjoint(map(_stem, moved)):
        return None
    facts = {path: unpack(packed) for path, row in moved.items() if (packed := store.load_facts(row))}
    if any(_may_be_anywhere(path, found.language) for path, found in facts.items()):
        return None
    outer = set[str]().union(*(_outer_names(path, found) for path, found in facts.items()))
    if not can_ask(outer) or any(map(_adds_for_all, facts.values())):
        return None
    others = {file: row for file, row in enumerate(rows) if program.paths[file] not in moved}
    words = {word for path, found in facts.items() for word in _import_words(path, found)}
    seen_by = {row for rows in store.find_users(list(words | outer)).values() for row in rows}
    seen_by.update(row for _, row, _ in store.find_definitions(sorted(outer - words)))
    words.update(map(_stem, moved), _own_folders(moved, [program.paths[file] for file in others]))
    is_word = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words))).search
    if any(map(is_word, program.texts.values())):
        return None
    imports = store.blobs(sorted({*others.values(), *earlier.values()}), "imports")
    seen_by.update(row for row, (text,) in imports.items() if is_word(text))
    seers = {file for file, row in others.items() if row in seen_by}
    names = set[str]().union(*map(all_names, facts.values())) if seers else set[str]()
    lasting = {file for file in seers if earlier.get(file, rows[file]) in seen_by}
    if not can_ask(names):
        lasting |= seers
    return seers | _Step(store, program, _places(rows)).find_speakers(names), lasting


def _is_hidden(path: str, facts: Facts, names: frozenset[str]) -> bool:
    """Tell whether those alone who import a file can speak of those of some names that the store cannot look for."""
    return _is_seen_by_import(path, facts) and all(can_ask([name]) for name in names & member_names(facts))


def _is_seen_by_import(path: str, facts: Facts) -> bool:
    """Tell whether only files that import a file can see the names at its top."""
    return facts.language in BY_MODULE and not path.endswith(".d.ts")


def _is_of_module(facts: Facts, receiver: object, modules: Set[str]) -> bool:
    """Tell whether a member is one of what a file imports, but not from some modules."""
    while isinstance(receiver, tuple) and len(receiver) > 1:
        receiver = receiver[1]
    bound = [one for scope in facts.scopes for one in scope.names.get(str(receiver), ()) if one.tag == IMPORT]
    return any(one.value not in modules for one in bound)


def _is_relative(module: str) -> bool:
    return module.startswith((".", "self", "super")) or not module


def _modules(facts: Facts | None) -> set[tuple[str, str]]:
    """Return the files that a file says are its modules, as Rust's do."""
    imports = facts.imports if facts is not None else ()
    return {(one.module, one.name) for one in imports if one.module.startswith("mod:")}


def _adds_for_all(facts: Facts | None) -> bool:
    """Tell whether a file adds to what others see without an import, as TypeScript's augmentations do."""
    return facts is not None and (any(one.exported in _FOR_ALL for one in facts.imports) or _lists_elements(facts))


def _lists_elements(facts: Facts | FileOutline) -> bool:
    """Tell whether a file says which elements there are (JSX)."""
    return any(name == ELEMENTS for _, name, _ in facts.members)


def _may_be_anywhere(path: str, language: str) -> bool:
    """Tell whether a file may be named by another path than its own."""
    return language == "rust" and path.rpartition("/")[0].rpartition("/")[2] not in _RUST_TARGETS


def _outer_names(path: str, facts: Facts) -> frozenset[str]:
    """Return the names by which other files begin to speak of what a file defines, without an import of it."""
    if _is_seen_by_import(path, facts):
        return member_names(facts)
    return add_accessors(map(as_word, top_names(facts))) | member_names(facts)


def _own_folders(moved: Iterable[str], others: Iterable[str]) -> set[str]:
    """Return the names of folders that hold no other files of the same ending."""
    kept = {(folder, path.rpartition(".")[2]) for path in others for folder in _folders(path)}
    return {
        folder.rpartition("/")[2]
        for path in moved
        for folder in _folders(path)
        if (folder, path.rpartition(".")[2]) not in kept
    }


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.lstrip(".").partition(".")[0] or name


def _import_words(path: str, facts: Facts) -> set[str]:
    """Return words such that each import which may mean a file contains one of them."""
    folder, words = path.rpartition("/")[0], {_stem(path)}
    if facts.language not in _BY_FILE:
        words.add(folder.rpartition("/")[2])
    if facts.package:
        words.add(facts.package.replace("::", ".").replace("\\", ".").rpartition(".")[2])
    return words - {""}
