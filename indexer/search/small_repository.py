"""Whether a task names something of a small repository, which none of those that the fit has seen is. Ranks nothing.

In five files most words of any task are unknown, though one of the others may be the name of what it is about.
"""

from __future__ import annotations

from collections.abc import Collection

from noctule.indexer.search.common_terms import read_shares
from noctule.indexer.search.known_names import KnownNames
from noctule.indexer.search.query import TaskQuery
from noctule.indexer.search.small_talk import TALK
from noctule.indexer.terms import WORD, stem

SMALL = 50
"""A repository with fewer files is small."""
TINY = 12
"""In at most this many files there are too few names for a match by chance."""
_OF_ANY_TASK = """
    add allow avoid call change check code correct create delete drop error explain fail find fix get give handle
    implement improve introduce learn main make name new plan print raise read recommend refactor remove rename replace
    return run send set show src support test update use watch write wrong
"""
OF_ANY_TASK = frozenset(map(stem, (*_OF_ANY_TASK.split(), *TALK)))
"""Terms that tasks about anything have; names of definitions have them too."""
SHORTEST_USED = 4
"""A shorter word is used as a name by chance."""


def is_about_small(is_held: bool, task: TaskQuery, size: int, names: KnownNames) -> bool:
    """Tell whether a task is about a small repository of `size` files; `is_held` tells that one holds much of it."""
    if size <= TINY:
        return is_held or names_something(task, names, OF_ANY_TASK)
    return is_held and names_something(task, names, OF_ANY_TASK | read_shares().keys())


def names_something(task: TaskQuery, names: KnownNames, usual: Collection[str]) -> bool:
    """Tell whether a word of a task is part of a path or of what code defines, or a name that code uses.

    `usual` are terms that say nothing.
    """
    terms = {t for part in task.terms.values() for t in part if t not in usual}
    if not terms.isdisjoint(names.terms):
        return True
    return names.use(
        sorted(w for w in set(WORD.findall(task.title)) if len(w) >= SHORTEST_USED and stem(w.lower()) in terms)
    )
