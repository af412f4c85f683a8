"""Which files of a view have to be resolved again after some of them changed, came or went. Resolves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from noctule.indexer.parse.extract import LONGEST_NAME
from noctule.indexer.parse.facts.model import AUGMENTS, IMPORT, Facts
from noctule.indexer.parse.facts.packing import unpack
from noctule.indexer.resolve.difference import SEEN_BY_CLASS, Mentions, as_word, find_difference, is_spoken
from noctule.indexer.resolve.imports.jvm import add_accessors
from noctule.indexer.resolve.program import Program
from noctule.indexer.resolve.relations import Relations
from noctule.indexer.store.store import Store

MOST_SHARE = 4
"""Where more than every fourth file changed, came or went, all are resolved again: to compare two states takes as long
as to resolve some files."""
FEW = 20
"""So few are compared however few there are."""
MOST_NAMES = 200
_FOR_FOLDER = frozenset("__init__ index init lib main mod package".split())
"""What a file is called that stands for its folder: it says what the paths below it mean."""
_FOR_ALL = frozenset({"global", AUGMENTS})
"""How an import is passed on that other files need not ask for."""
_BY_MODULE = frozenset("javascript python rust tsx typescript".split())
"""Languages in which a file is seen by who imports it."""
_PASSING = frozenset({"python", "rust"})
"""Languages in which others may take what a file imports."""
_RUST_TARGETS = frozenset("benches bin examples tests".split())
"""Folders whose files Cargo finds by itself; others are named by a `mod`, which may give any path."""
_BY_FILE = frozenset("bash c cpp javascript php python ruby rust tsx typescript".split())
"""Languages whose imports name files, and not what several files belong to."""


def is_worth(changed: int, files: int) -> bool:
    """Tell whether to look for what is to be resolved again takes less than to resolve all files."""
    return changed <= max(FEW, files // MOST_SHARE)


def find_affected(
    store: Store, program: Program, rows: Sequence[int], earlier: Mapping[int, int], before: Relations
) -> tuple[Relations, set[int] | None]:
    """Return the relations with definitions at their new places, and the files that are to be resolved again.

    `rows` are the blobs of all files, `earlier` those that the changed files had before. Where names say what changed
    in a file, those are resolved again that speak of one of them, or of what hangs on it. Where these are many, or
    names do not say it, who uses the file is, and who speaks of a name that came or went. None where that may be any.
    """
    again, step = set(earlier), _Step(store, program, _places(rows))
    for file, row in earlier.items():
        known, head = store.load_facts(row), program.heads[file]
        old, new = unpack(known) if known else None, program.of(file) if head is not None else None
        if _modules(old) != _modules(new):
            return before, None  # whatever lies below a module has another path
        found = find_difference(old, new) if old and new else None
        if (found is None or found.names) and (_adds_for_all(old) or _adds_for_all(new)):
            return before, None
        users, names = before.users_of([file]), frozenset[str]()
        if found is not None and old and new:
            names = found.names - step.find_own_imports(found.names, users, file, old, new)
            dependents = step.find_dependents(names, file, max(FEW, len(users) // MOST_SHARE))
            if dependents is not None:
                before, lost = before.move(file, found.definitions)
                again.update(lost, dependents)
                continue
        again.update(users)
        differing = _differing_names(old, new)
        passed = set[str]()
        if old and new:
            passed = {as_word(name) for _, _, name in _passed_on(old) ^ _passed_on(new)}
            passed -= step.find_own_imports(passed - {"*"}, users, file, old, new)
        if passed or names:
            # Who sees something else through this file may use it through others alone.
            if "*" in passed and new and new.language == "rust":
                return before, None  # an import that means nothing leaves no trace of the file that it asks
            names |= passed
            reached = before.find_all_users([file])
            if _can_ask(names):
                spoken = step.find_speakers(names)
                reached = spoken if new and new.language == "rust" else spoken & reached
            again.update(reached, before.find_all_users(reached))
        if old and new and (old.language, old.package) != (new.language, new.package):
            differing = _all_names(new) | _all_names(old)  # they are seen from elsewhere
        if not _can_ask(differing):
            if not all(_is_hidden(program.paths[file], facts, differing) for facts in (old, new) if facts):
                return before, None
            # Who speaks of a name that the store cannot look for imports the file, perhaps through others.
            again.update(before.find_all_users([file]))
        speakers = step.find_speakers(differing)
        if old and new and new.language in SEEN_BY_CLASS and len(speakers) > len(users):
            # Whoever sees a member speaks of its class, or of what hangs on it.
            tops = add_accessors(map(as_word, _top_names(old) | _top_names(new)))
            classes = frozenset(class_.name for facts in (old, new) for class_ in facts.classes)
            seers = step.find_dependents(classes, file, len(speakers) // MOST_SHARE)
            if seers is not None:
                speakers &= seers | step.find_speakers(differing & tops)
        again.update(speakers)
    return before, again


@dataclass(frozen=True)
class _Step:
    """The files of a view, as they are asked for who speaks of a name."""

    store: Store
    program: Program
    places: Mapping[int, list[int]]
    _mentions: dict[int, Mentions] = field(default_factory=dict)

    def find_speakers(self, names: Iterable[str]) -> set[int]:
        """Return the files that speak of some names."""
        return {file for name in names for row in self.store.find_users(name) for file in self.places.get(row, ())}

    def find_own_imports(
        self, names: Iterable[str], users: Iterable[int], file: int, old: Facts, new: Facts
    ) -> set[str]:
        """Return those of some names of a file that it binds by imports, and that no other file takes from it."""
        names = set(names) - _all_names(old) - _all_names(new)
        own = {name for name in names if all(_is_own_import(facts, name) for facts in (old, new))}
        own &= {*old.scopes[0].names, *new.scopes[0].names}
        if not own or new.language not in _PASSING:
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

    def find_dependents(self, names: Iterable[str], file: int, most: int) -> set[int] | None:
        """Return the other files that speak of some names of a file, or of names whose meaning hangs on these.

        None where names do not say which these are, or where they are more than `most`.
        """
        found, asked, names = set[int](), set[str](), set(names)
        while names - asked:
            if not _can_ask(names - asked):
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


def _places(rows: Iterable[int]) -> dict[int, list[int]]:
    """Return the files that have each blob."""
    found: dict[int, list[int]] = {}
    for file, row in enumerate(rows):
        found.setdefault(row, []).append(file)
    return found


def _can_ask(names: Iterable[str]) -> bool:
    """Tell whether the store knows who speaks of each of some names: it keeps no words of one letter."""
    names = list(names)
    return len(names) <= MOST_NAMES and all(1 < len(name) <= LONGEST_NAME and is_spoken(name) for name in names)


def find_seers(
    store: Store, program: Program, rows: Sequence[int], moved: Mapping[str, int], earlier: Mapping[int, int]
) -> tuple[set[int], set[int]] | None:
    """Return the files that may see that some came or went, and those of them that could before, as they are.

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
    if not _can_ask(outer) or any(map(_adds_for_all, facts.values())):
        return None
    others = {file: row for file, row in enumerate(rows) if program.paths[file] not in moved}
    words = {word for path, found in facts.items() for word in _import_words(path, found)}
    seen_by = {row for name in words | outer for row in store.find_users(name)}
    seen_by.update(row for _, row, _ in store.find_definitions(sorted(outer - words)))
    words.update(map(_stem, moved), _own_folders(moved, [program.paths[file] for file in others]))
    is_word = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words))).search
    if any(map(is_word, program.texts.values())):
        return None
    imports = store.blobs(sorted({*others.values(), *earlier.values()}), "imports")
    seen_by.update(row for row, (text,) in imports.items() if is_word(text))
    seers = {file for file, row in others.items() if row in seen_by}
    names = set[str]().union(*map(_all_names, facts.values())) if seers else set[str]()
    lasting = {file for file in seers if earlier.get(file, rows[file]) in seen_by}
    if not _can_ask(names):
        lasting |= seers
    return seers | _Step(store, program, _places(rows)).find_speakers(names), lasting


def _is_hidden(path: str, facts: Facts, names: frozenset[str]) -> bool:
    """Tell whether those alone who import a file can speak of those of some names that the store cannot look for."""
    return _is_seen_by_import(path, facts) and all(_can_ask([name]) for name in names & _member_names(facts))


def _is_seen_by_import(path: str, facts: Facts) -> bool:
    """Tell whether what a file binds at its top is seen by those alone who import it."""
    return facts.language in _BY_MODULE and not path.endswith(".d.ts")


def _is_own_import(facts: Facts, name: str) -> bool:
    """Tell whether a file binds a name, if it does, by imports that it does not say are exported."""
    bound = facts.scopes[0].names
    is_own = facts.language in _BY_MODULE and name not in (facts.exports or ()) and f"={name}" not in bound
    return is_own and all(one.tag == IMPORT for one in bound.get(name, ()))


def _is_of_module(facts: Facts, receiver: object, modules: Set[str]) -> bool:
    """Tell whether a member is one of what a file imports, but not from some modules."""
    while isinstance(receiver, tuple) and len(receiver) > 1:
        receiver = receiver[1]
    bound = [one for scope in facts.scopes for one in scope.names.get(str(receiver), ()) if one.tag == IMPORT]
    return any(one.value not in modules for one in bound)


def _is_relative(module: str) -> bool:
    return module.startswith((".", "self", "super")) or not module


def _passed_on(facts: Facts | None) -> set[tuple[str, str, str]]:
    """Return what a file passes on without a binding of its own: (module, name there, name here); a star is any."""
    if facts is None or facts.language not in _BY_MODULE:
        return set()
    passed = {(one.module, one.name, one.exported) for one in facts.imports if one.exported}
    for name, bound in facts.scopes[0].names.items():
        if facts.language in _PASSING or not _is_own_import(facts, name):
            passed.update((one.value, one.type or "", name) for one in bound if one.tag == IMPORT)
    if facts.language in _PASSING:
        passed.update((one.module, "*", "*") for one in facts.imports if one.name == "*" and one.module != "super")
    return passed if facts.exports is None else {*passed, ("", "", "*")}


def _modules(facts: Facts | None) -> set[tuple[str, str]]:
    """Return the files that a file says are its modules, as Rust's do."""
    imports = facts.imports if facts is not None else ()
    return {(one.module, one.name) for one in imports if one.module.startswith("mod:")}


def _adds_for_all(facts: Facts | None) -> bool:
    """Tell whether a file adds to what others declare, as TypeScript's augmentations do."""
    return facts is not None and any(one.exported in _FOR_ALL for one in facts.imports)


def _may_be_anywhere(path: str, language: str) -> bool:
    """Tell whether a file may be named by another path than its own."""
    return language == "rust" and path.rpartition("/")[0].rpartition("/")[2] not in _RUST_TARGETS


def _outer_names(path: str, facts: Facts) -> frozenset[str]:
    """Return the names by which other files begin to speak of what a file defines, without an import of it."""
    if _is_seen_by_import(path, facts):
        return _member_names(facts)
    return add_accessors(map(as_word, _top_names(facts))) | _member_names(facts)


def _differing_names(old: Facts | None, new: Facts | None) -> frozenset[str]:
    """Return the names that came, went, or moved between the top of a file and its types."""
    differing = _all_names(new) ^ _all_names(old)
    if old is None or new is None:
        return differing
    one, other = _owned_names(old), _owned_names(new)
    owners = {"", *({owner for owner, _ in one} & {owner for owner, _ in other})}
    moved = {name for owner, name in one ^ other if owner in owners}
    given = [{(_last(owner), name) for owner, name, _ in facts.members} for facts in (old, new)]
    moved.update(name for _, name in given[0] ^ given[1])
    return differing | add_accessors(map(as_word, moved - {""}))


def _owned_names(facts: Facts) -> set[tuple[str, str]]:
    """Return the names that a file defines, with the types that have them."""
    owned = {
        (class_.name, name)
        for class_ in facts.classes
        if class_.scope > 0
        for name in facts.scopes[class_.scope].names
        if _can_ask([name])
    }
    return owned.union(("", name) for name in _top_names(facts))


def _top_names(facts: Facts) -> set[str]:
    """Return the names that a file binds outside of functions and types, and not by an import."""
    return {name for name, bound in facts.scopes[0].names.items() if any(b.tag != IMPORT for b in bound)}


def _member_names(facts: Facts) -> frozenset[str]:
    """Return the names of members that types get from outside; where these are bases, of the types."""
    return add_accessors(as_word(name) or _last(owner) for owner, name, _ in facts.members)


def _last(owner: object) -> str:
    """Return the last name of a type as it is spelled where it gets a member."""
    while isinstance(owner, tuple):
        owner = owner[2] if owner[0] == "a" else owner[1] if len(owner) > 1 else ""
    return owner if isinstance(owner, str) else ""


def _all_names(facts: Facts | None) -> frozenset[str]:
    """Return all names by which other files may speak of what a file defines."""
    if facts is None:
        return frozenset()
    members = {name for class_ in facts.classes for name in class_.fields}
    members.update(name for class_ in facts.classes if class_.scope > 0 for name in facts.scopes[class_.scope].names)
    # Whoever uses a member without a word for it uses its class, and so the file.
    names = _top_names(facts).union(name for name in members if _can_ask([name]))
    return add_accessors(map(as_word, names)) | _member_names(facts)


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
    """Return the words one of which an import holds that may mean a file."""
    folder, words = path.rpartition("/")[0], {_stem(path)}
    if facts.language not in _BY_FILE:
        words.add(folder.rpartition("/")[2])
    if facts.package:
        words.add(facts.package.replace("::", ".").replace("\\", ".").rpartition(".")[2])
    return words - {""}
