""".gitattributes texts in, what they say of generated, vendored and documentation files out. Reads no files.

git itself is not asked: it would be one more process per request. Macros are not understood.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LINGUIST = ("linguist-vendored", "linguist-generated", "linguist-documentation")

MOST_RULES = 1_000
"""So many lines of one file count; each is held against each path of its folder."""

Part = re.Pattern[str] | None  # None stands for `**`


class Rule(NamedTuple):
    """One line: the folder its file stands in, its pattern in parts, and what it says."""

    folder: str
    parts: tuple[Part, ...]
    says: tuple[tuple[str, bool | None], ...]

    def matches(self, path: str) -> bool:
        """Tell whether the rule speaks of a path."""
        if self.folder and not path.startswith(f"{self.folder}/"):
            return False
        return _parts_match(self.parts, path[len(self.folder) + 1 if self.folder else 0 :].split("/"))


class Attributes(NamedTuple):
    """Rules in the order in which they count; the last word wins."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, content: bytes, folder: str = "") -> Attributes:
        """Read one .gitattributes file that stands in `folder`; lines that say nothing of `LINGUIST` are dropped."""
        rules = (_rule(line, folder) for line in content.decode("utf-8", "surrogateescape").splitlines())
        return cls(tuple(rule for rule in rules if rule is not None))

    @classmethod
    def join(cls, many: Iterable[Attributes]) -> Attributes:
        """Lay files over each other: the rules of a deeper folder count more."""
        rules = [rule for attributes in many for rule in attributes.rules]
        return cls(tuple(sorted(rules, key=lambda rule: rule.folder.count("/") + bool(rule.folder))))

    def of(self, path: str) -> dict[str, bool]:
        """Return what is said of a path; an attribute that no rule names, or that a rule takes back, is absent."""
        said: dict[str, bool | None] = {}
        for rule in self.rules:
            if rule.matches(path):
                said.update(rule.says)
        return {name: value for name, value in said.items() if value is not None}


def linguist_lines(content: bytes) -> list[tuple[int, str]]:
    """Return the lines (number from zero, text) of a text that give files a role; none of another kind of text.

    Every line of a .gitattributes file holds a pattern and attributes; other texts that speak of linguist hold prose.
    """
    if b"linguist-" not in content:
        return []
    lines = content.decode("utf-8", "surrogateescape").splitlines()
    found = [(at, line.strip()) for at, line in enumerate(lines) if _rule(line, "") is not None]
    return [(at, line) for at, line in found if line.isprintable()][:MOST_RULES]


def _rule(line: str, folder: str) -> Rule | None:
    line = line.strip()
    if not line or line.startswith(("#", "[attr]", "!")):
        return None
    if line.startswith('"'):
        pattern, _, rest = line[1:].partition('"')
    else:
        pattern, *words = line.split(None, 1)
        rest = words[0] if words else ""
    says = tuple(word for text in rest.split() if (word := _parse_attribute(text)) is not None)
    if not says or not pattern or pattern.endswith("/"):
        return None
    # A pattern without a slash speaks of names in any folder.
    anchored = pattern.removeprefix("/") if "/" in pattern else f"**/{pattern}"
    return Rule(folder, tuple(_part(part) for part in anchored.split("/")), says)


def _parse_attribute(text: str) -> tuple[str, bool | None] | None:
    name, _, value = text.lstrip("-!").partition("=")
    if name not in LINGUIST:
        return None
    if text.startswith("!"):
        return name, None
    return name, not text.startswith("-") and value.lower() not in {"false", "0", "no"}


def _part(part: str) -> Part:
    if part == "**":
        return None
    # fnmatch knows neither git's backslash nor its second way to negate a set.
    return re.compile(fnmatch.translate(re.sub(r"\\(.)", r"[\1]", part).replace("[^", "[!")))


def _parts_match(parts: Sequence[Part], names: Sequence[str]) -> bool:
    """Match parts against names, where `**` takes any number of names.

    Only the last `**` is ever tried again, which is enough for globs and keeps a hostile pattern from taking long.
    """
    part = name = 0
    again: tuple[int, int] | None = None
    while name < len(names):
        pattern = parts[part] if part < len(parts) else None
        if part < len(parts) and pattern is None:
            part += 1
            again = part, name
        elif pattern is not None and pattern.match(names[name]):
            part += 1
            name += 1
        elif again is not None:
            part, name = again[0], again[1] + 1
            again = part, name
        else:
            return False
    # `a/**` speaks of what is below `a`, not of `a`: a `**` that is left has taken nothing.
    return part == len(parts)
