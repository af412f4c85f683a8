"""Why something is ranked where it is, in words: what each signal of the ranking says to a reader. Ranks nothing.

A signal says a kind and a detail; it is looked up whole, then by its first word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noctule.indexer.results import Reason

MOST = 4

OF_FILES = {
    "words": ("words", "its words fit the task"),
    "unit": ("symbol", "one of its symbols fits"),
    "units": ("symbol", "one of its symbols fits"),
    "path": ("path", "its path fits the task"),
    "path named": ("named", "the task names this file"),
    "module named": ("named", "the task names this module"),
    "defines": ("defines", "defines names of the task"),
    "frame": ("trace", "in the task's stack trace"),
    "commits": ("history", "commits in like words touched it"),
    "uses": ("graph", "other likely files use it"),
    "used by": ("graph", "it uses other likely files"),
    "with": ("co-change", "changes together with other likely files"),
    "churn": ("churn", "changes often"),
    "expected": ("expected", "a task like this was expected here"),
}
OF_SYMBOLS = {
    "all": ("words", "its words fit the task"),
    "title": ("words", "its words fit the task"),
    "prose": ("words", "its words fit the task"),
    "code": ("words", "its words fit the task"),
    "local": ("words", "its words fit the task"),
    "share": ("words", "its words fit the task"),
    "called": ("graph", "what the task names leads to it"),
    "named": ("named", "the task names it"),
    "owner named": ("named", "the task names its class"),
    "name": ("name", "its name fits the task"),
    "frame": ("trace", "in the task's stack trace"),
    "touched": ("churn", "late commits touched it"),
}


def reasons_for(
    added: Sequence[tuple[str, float]], says: Mapping[str, tuple[str, str]], better: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Say in words what was added by which signals, those of one kind together, the weightiest first.

    `better` holds the details that are known more closely, by kind.
    """
    kinds: dict[str, tuple[str, float]] = {}
    for name, weight in added:
        said = says.get(name) or says.get(name.split(" ")[0])
        if said is not None:
            kind, detail = said
            kinds[kind] = (better.get(kind, detail), kinds.get(kind, ("", 0.0))[1] + weight)
    ordered = sorted(kinds.items(), key=lambda item: (-item[1][1], item[0]))
    return tuple(Reason(kind, detail, weight) for kind, (detail, weight) in ordered[:MOST])
