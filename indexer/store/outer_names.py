"""The names by which other files may refer to what a file defines or re-exports. Reads no store."""

from __future__ import annotations

from collections.abc import Iterable

from noctule.indexer.parse.extract import LONGEST_NAME
from noctule.indexer.parse.facts.model import IMPORT, Facts, own_names
from noctule.indexer.resolve.difference import as_word, is_spoken
from noctule.indexer.resolve.imports.jvm import add_accessors

MOST_NAMES = 200
BY_MODULE = frozenset("javascript python rust tsx typescript".split())
"""Languages in which a file is seen by who imports it."""
PASSING = frozenset({"python", "rust"})
"""Languages in which other files may import what a file imports."""


def can_ask(names: Iterable[str]) -> bool:
    """Tell whether the store knows who speaks of each of some names: it keeps no words of one letter."""
    names = list(names)
    return len(names) <= MOST_NAMES and all(1 < len(name) <= LONGEST_NAME and is_spoken(name) for name in names)


def is_own_import(facts: Facts, name: str) -> bool:
    """Tell whether a file binds a name, if it does, by imports that it does not say are exported."""
    bound = facts.scopes[0].names
    is_own = facts.language in BY_MODULE and name not in (facts.exports or ()) and f"={name}" not in bound
    return is_own and all(one.tag == IMPORT for one in bound.get(name, ()))


def _passed_names(facts: Facts) -> set[tuple[str, str, str]]:
    """Return what a file re-exports without a binding of its own: (module, name there, name here); a star is any."""
    if facts.language not in BY_MODULE:
        return set()
    passed = {(one.module, one.name, one.exported) for one in facts.imports if one.exported}
    for name, bound in facts.scopes[0].names.items():
        if facts.language in PASSING or not is_own_import(facts, name):
            passed.update((one.value, one.type or "", name) for one in bound if one.tag == IMPORT)
    if facts.language in PASSING:
        passed.update((one.module, "*", "*") for one in facts.imports if one.name == "*" and one.module != "super")
    return passed if facts.exports is None else {*passed, ("", "", "*")}


def differing_passed_names(old: Facts, new: Facts) -> set[str]:
    """Return the names under which two states of a file pass on something else; `*` stands for any."""
    return {as_word(name) for _, _, name in _passed_names(old) ^ _passed_names(new)}


def differing_names(old: Facts | None, new: Facts | None) -> frozenset[str]:
    """Return the names that came, went, or moved between the top of a file and its types."""
    differing = all_names(new) ^ all_names(old)
    if old is None or new is None:
        return differing
    one, other = _owned_names(old), _owned_names(new)
    owners = {"", *({owner for owner, _ in one} & {owner for owner, _ in other})}
    moved = {name for owner, name in one ^ other if owner in owners}
    given = [{(_last_name(owner), name) for owner, name, _ in facts.members} for facts in (old, new)]
    moved.update(name for _, name in given[0] ^ given[1])
    return differing | add_accessors(map(as_word, moved - {""}))


def _owned_names(facts: Facts) -> set[tuple[str, str]]:
    """Return the names that a file defines, with the types that have them."""
    owned = {
        (class_.name, name)
        for class_ in facts.classes
        if class_.scope > 0
        for name in facts.scopes[class_.scope].names
        if can_ask([name])
    }
    return owned.union(("", name) for name in top_names(facts))


def is_defined(facts: Facts, word: str) -> bool:
    """Tell whether a file defines a name: each use of one is looked up, and so is known."""
    scopes = [facts.scopes[0], *(facts.scopes[class_.scope] for class_ in facts.classes if class_.scope > 0)]
    bound = [one for scope in scopes for name, one in scope.names.items() if as_word(name) == word]
    return any(binding.definition >= 0 for listed in bound for binding in listed)


def find_askable(names: Iterable[str], *states: Facts) -> set[str]:
    """Return names of a file with the names of types in place of those members that nobody can be asked for."""
    found = set(names)
    for name in [name for name in found if not can_ask([name])]:
        tops = {as_word(top) for facts in states for top in facts.scopes[0].names}
        if name not in tops:
            found.remove(name)
            found.update(
                class_.name for facts in states for class_ in facts.classes if name in own_names(facts, class_)
            )
    return found


def bound_names(facts: Facts) -> set[str]:
    """Return all names that a file binds at its top and in its types."""
    return {*facts.scopes[0].names, *_class_names(facts)}


def _class_names(facts: Facts) -> set[str]:
    return {name for class_ in facts.classes for name in own_names(facts, class_)}


def top_names(facts: Facts) -> set[str]:
    """Return the names that a file binds outside of functions and types, and not by an import."""
    return {name for name, bound in facts.scopes[0].names.items() if any(b.tag != IMPORT for b in bound)}


def member_names(facts: Facts) -> frozenset[str]:
    """Return the names of members that types get from outside; where these are bases, of the types."""
    return add_accessors(as_word(name) or _last_name(owner) for owner, name, _ in facts.members)


def _last_name(owner: object) -> str:
    """Return the last part of a type's name, as spelled where the type gets a member."""
    while isinstance(owner, tuple):
        owner = owner[2] if owner[0] == "a" else owner[1] if len(owner) > 1 else ""
    return owner if isinstance(owner, str) else ""


def all_names(facts: Facts | None) -> frozenset[str]:
    """Return all names by which other files may refer to what a file defines."""
    if facts is None:
        return frozenset()
    # Whoever uses a member without a word for it uses its class, and so the file.
    names = top_names(facts).union(name for name in _class_names(facts) if can_ask([name]))
    return add_accessors(map(as_word, names)) | member_names(facts)
