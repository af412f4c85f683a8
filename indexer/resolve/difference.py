"""Which names of a file mean something else to other files after an edit; files that use none of them stay.

Two states of a file's facts are described without lines and positions, entry by entry under their names. A name whose
entries are not what they were is changed, and so is each name of the file whose entries mention one that is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IMPORT, SELF, Binding, Facts, bare_name
from noctule.indexer.resolve.imports.jvm import add_accessors

_WORD = re.compile(r"(?!__)[^\W\d]\w*")
_PARTS = re.compile(r"\w+").findall
_UNSPOKEN = frozenset(
    "current default exports get getIterator getValue invoke into_iter iterator module next set setValue".split()
)
"""What may be looked up without being written where it is used."""
_SEEN_BY_NAME = frozenset({"javascript", "python", "rust", "tsx", "typescript"})
"""Languages in which other files see a plain import only as the name that it binds."""
_WITH_WHOLE = frozenset({"javascript", "tsx", "typescript"})
"""Languages in which each import is one of the whole file too."""
SEEN_BY_CLASS = frozenset({"javascript", "python", "tsx", "typescript"})
"""Languages in which a member is found through its class alone."""
Path = tuple[str, ...]
"""A scope by the labels of those around it."""
Place = tuple[Path, str]
"""A name with the outermost function that it is local to, or with `()`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Names that mean something else to other files, and the new position of each unchanged definition."""

    names: frozenset[str]
    definitions: Mapping[int, int]


class _Reference(NamedTuple):
    """A class or function of the file that something refers to by its position."""

    path: Path


class _Entry(NamedTuple):
    """One meaning of a name: its place, the function in which its words are looked up, and its description."""

    path: Path
    read: Path
    content: Any
    rows: tuple[int, ...]
    definition: int


def find_difference(before: Facts, after: Facts) -> Difference | None:
    """Compare two states of a file; None where names do not say all that others see otherwise."""
    if (before.language, before.package) != (after.language, after.package):
        return None
    if _count_shared(before) != _count_shared(after) or (before.exports is None) != (after.exports is None):
        return None
    one, other = _Description(before).entries, _Description(after).entries
    changed: set[Place] = {((), name) for name in set(before.exports or ()) ^ set(after.exports or ())}
    if before.language in SEEN_BY_CLASS:
        # Whoever sees a member of a class that came or went speaks of the class, or of what hangs on it.
        _drop_members(one, other)
        _drop_members(other, one)
    definitions: dict[int, int] = {}
    rows: set[tuple[int, int]] = set()
    for place in one.keys() | other.keys():
        mine, others = one.get(place, []), other.get(place, [])
        if [e[:3] for e in mine] != [e[:3] for e in others]:
            changed.add(place)
            continue
        is_import = len(mine) == 1 and mine[0].content[0] == IMPORT
        for old, new in zip(mine, others, strict=True):
            if is_import:
                continue  # it means the same in all lines, and hangs on none
            rows.update(zip(old.rows, new.rows, strict=True))
            if old.definition >= 0 and definitions.setdefault(old.definition, new.definition) != new.definition:
                return None
    # Lines are compared with each other: they must stand in the order in which they stood.
    if any((b[0] > a[0]) != (b[1] > a[1]) or b[1] < a[1] for a, b in pairwise(sorted(rows))):
        return None
    # What is under a name that stands for the same in both states need not be looked at twice.
    gone = {place: listed for place, listed in one.items() if place in changed}
    if changed and not Mentions([*gone.items(), *other.items()]).spread(changed):
        return None
    return Difference(_spoken_names(before, changed), definitions)


def _drop_members(entries: dict[Place, list[_Entry]], others: Mapping[Place, list[_Entry]]) -> None:
    """Drop what stands in classes, outside of functions, whose names the other state has not at all."""
    came = {
        entry.path
        for (function, name), listed in entries.items()
        if not function and ((), name) not in others
        for entry in listed
        if entry.path and entry.path[-1].startswith(f"class {name}#")
    }
    for place, listed in list(entries.items()) if came else ():
        kept = [entry for entry in listed if not _is_within(entry.path, came, place[1])]
        if not kept:
            del entries[place]
        elif len(kept) < len(listed):
            entries[place] = kept


def _is_within(path: Path, classes: Set[Path], name: str) -> bool:
    """Tell whether an entry stands in some classes, and is none of them."""
    found = [path[:end] for end in range(1, len(path) + 1) if path[:end] in classes]
    return bool(found) and (path not in classes or _name_of(path[-1]) != name or len(found) > 1)


def _spoken_names(facts: Facts, changed: Iterable[Place]) -> frozenset[str]:
    names = frozenset(as_word(name) for place, name in changed if not place and is_spoken(name))
    return add_accessors(names) if facts.language in {"java", "kotlin"} else names


def _count_shared(facts: Facts) -> Counter[tuple[str, str, str]]:
    """Count imports and namespaces that other files may see otherwise than by the names that they bind."""
    found: Counter[tuple[str, str, str]] = Counter()
    for module, name, _, exported in facts.imports:
        is_whole = not name and facts.language != "python"
        is_plain = (not exported or facts.language == "python") and name != "*" and not is_whole
        is_plain = is_plain and not module.startswith("mod:")
        if is_whole and not exported and facts.language in _WITH_WHOLE:
            found["", "", ""] = 1  # whether it is a module; what it takes is bound by other imports
        elif facts.language not in _SEEN_BY_NAME or not is_plain:
            found[module, name, exported] += 1
    # What a namespace of C++ holds hangs on the lines around it.
    found.update((owner, name, "") for owner, name, _ in facts.members if str(owner).endswith("namespace"))
    return found


class _Description:
    """The facts of a file without lines and positions: what each name stands for in each place."""

    def __init__(self, facts: Facts, *, only_labels: bool = False) -> None:
        self.entries: dict[Place, list[_Entry]] = {}
        self._outermost: dict[Path, Path] = {}
        self._counts: Counter[Path] = Counter()
        own = {c.scope: f"class {c.name}" for c in facts.classes} | {
            f.scope: f"function {f.name}" for f in facts.functions
        }
        self._scopes: list[Path] = [()]
        for at, scope in enumerate(facts.scopes[1:], 1):
            self._scopes.append(self._label(self._scopes[max(scope.parent, 0)], own.get(at, "block")))
        self.classes = [
            self._scopes[c.scope] if c.scope > 0 else self._label((), f"class {c.name}") for c in facts.classes
        ]
        self.functions = [
            self._scopes[f.scope] if f.scope > 0 else self._label(self._owner(f.class_), f"function {f.name}")
            for f in facts.functions
        ]
        self._listed = {"d": self.functions, "A": self.functions, "k": self.classes}
        if only_labels:
            return
        self._add_scopes(facts)
        self._add_classes(facts)
        for path, f in zip(self.functions, facts.functions, strict=True):
            parts = self._plain((f.returns, f.values)), f.flags, tuple(f.parameters), tuple(f.generic)
            owner = self._owner(f.class_)
            content = (parts, f.definition >= 0, None if owner == path[:-1] else _Reference(owner))
            self._add(f.name or path[-1], path[:-1], _Entry(path, self._find_function(path), content, (), f.definition))

    def _label(self, around: Path, text: str) -> Path:
        self._counts[*around, text] += 1
        return (*around, f"{text}#{self._counts[*around, text]}")

    def _owner(self, class_: int) -> Path:
        return self.classes[class_] if class_ >= 0 else ()

    def _add_scopes(self, facts: Facts) -> None:
        for path, scope in zip(self._scopes, facts.scopes, strict=True):
            for name, bindings in scope.names.items():
                for binding in bindings:
                    self._add(name, path, self._bound(path, self._content(binding), binding))
        for owner, name, binding in facts.members:
            found = _refer(self._scopes, owner[2]) if isinstance(owner, tuple) and len(owner) > 2 else None
            whole = owner if found is None else (*owner[:2], found, *owner[3:])
            self._add(name, (), self._bound((), (self._plain(whole), self._content(binding)), binding))

    def _bound(self, path: Path, content: Any, binding: Binding) -> _Entry:  # noqa: ANN401 - nested plain values
        return _Entry(path, self._find_function(path), content, (binding.row, binding.end), binding.definition)

    def _add_classes(self, facts: Facts) -> None:
        for path, class_ in zip(self.classes, facts.classes, strict=True):
            content = (self._plain(class_.bases), class_.kind, tuple(class_.parameters), class_.definition >= 0)
            name = class_.name or path[-1]
            self._add(name, path[:-1], _Entry(path, self._find_function(path), content, (), class_.definition))
            for field, listed in class_.fields.items():
                for scope, value, type_, row, definition in listed:
                    read = self._find_function(self._scopes[scope]) if scope >= 0 else ()
                    plain = (self._plain(value), self._plain(type_), definition >= 0)
                    self._add(field, path, _Entry(path, read, plain, (row,), definition))

    def _add(self, name: str, seen: Path, entry: _Entry) -> None:
        self.entries.setdefault((self._find_function(seen), name), []).append(entry)

    def _find_function(self, path: Path) -> Path:
        found = self._outermost.get(path)
        if found is None:
            found = self._outermost[path] = _function_of(path)
        return found

    def _content(self, binding: Binding) -> Any:  # noqa: ANN401
        listed = self._listed.get({CLASS: "k", SELF: "k", FUNCTION: "d"}.get(binding.tag, ""), ())
        value = _refer(listed, binding.value) or self._plain(binding.value)
        return (binding.tag, value, self._plain(binding.type), binding.scoped, binding.definition >= 0)

    def _plain(self, expression: Any) -> Any:  # noqa: ANN401
        """Return an expression with references in place of positions."""
        if isinstance(expression, _Reference) or not isinstance(expression, tuple | list):
            return expression
        found = _refer(self._listed.get(expression[0], ()), expression[1]) if len(expression) == 2 else None
        if found is not None:
            return found
        return tuple(map(self._plain, expression))


def label_definitions(facts: Facts) -> tuple[list[Path], list[Path]]:
    """Return the labels of a file's classes and of its functions, which stay when lines come and go."""
    described = _Description(facts, only_labels=True)
    return described.classes, described.functions


def _refer(listed: Sequence[Path], position: object) -> _Reference | None:
    """Return the entry at a position; in a text with syntax errors it may not exist."""
    if isinstance(position, int) and 0 <= position < len(listed):
        return _Reference(listed[position])
    return None


def _function_of(path: Path) -> Path:
    """Return the path of the outermost function of a path, or `()`."""
    return next((path[: at + 1] for at, part in enumerate(path) if part.startswith("function ")), ())


class Mentions:
    """Which names of a file mention which other names."""

    def __init__(self, entries: Iterable[tuple[Place, list[_Entry]]]) -> None:
        self._entries = [(place, entry) for place, listed in entries for entry in listed]
        self._words = [_words(entry.content) for _, entry in self._entries]

    @classmethod
    def of(cls, facts: Facts) -> Mentions:
        """Read the facts of a file."""
        return cls(_Description(facts).entries.items())

    def find_dependents(self, facts: Facts, names: Iterable[str]) -> frozenset[str] | None:
        """Return the names that stand for something else where some names of other files do.

        None where names do not say all.
        """
        changed: set[Place] = {((), name) for name in names}
        return _spoken_names(facts, changed) if self.spread(changed) else None

    def spread(self, changed: set[Place]) -> bool:
        """Add the names of what mentions a changed name, until nothing is added; whether the names say all."""
        size = -1
        while size != len(changed):
            size = len(changed)
            for (function, name), entry in self._entries:
                if function and (function, name) in changed and entry.path[-1].startswith("class "):
                    # Other files see a member of a local class through what the function gives.
                    changed.update({(function, entry.path[-1]), (function, _name_of(entry.path[-1]))})
                if not function and not is_spoken(name) and ((), name) in changed:
                    if entry.path and name == entry.path[-1]:
                        continue  # without a name: reached through what refers to it alone
                    class_ = next((part for part in reversed(entry.path) if part.startswith("class ")), None)
                    if class_ is None:
                        return False
                    changed.add(((), _name_of(class_)))
            names: dict[Path, set[str]] = {}
            for function, name in changed:
                names.setdefault(function, set()).add(name)
            outer = names.get((), set())
            for (place, entry), words in zip(self._entries, self._words, strict=True):
                if not words.isdisjoint(outer) or (entry.read in names and not words.isdisjoint(names[entry.read])):
                    changed.add(place)
        return True


def _name_of(label: str) -> str:
    return label.partition(" ")[2].rpartition("#")[0]


def _words(content: Any) -> frozenset[str]:  # noqa: ANN401
    found: set[str] = set()
    waiting = [content]
    for part in waiting:
        if type(part) is str:
            found.add(part)
            if not part.isidentifier():
                found.update(_PARTS(part))
        elif isinstance(part, _Reference):
            if part.path:
                found.update((part.path[-1], _name_of(part.path[-1])))
        elif isinstance(part, tuple):
            waiting.extend(part)
    return frozenset(found)


def as_word(name: str) -> str:
    """Return the word under which a name is looked up."""
    return bare_name(name.removeprefix("="))


def is_spoken(name: str) -> bool:
    """Tell whether a name is looked up only where its word is written."""
    word = as_word(name)
    return _WORD.fullmatch(word) is not None and word not in _UNSPOKEN
