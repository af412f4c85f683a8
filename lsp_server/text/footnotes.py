"""What counts leave out, said once below lines instead of on each of them. Knows no stream."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_RULE = re.compile(r" \((without [a-z0-9, ]{1,120})\)")


def add_footnotes(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return lines with a mark in place of each rule that several counts share, and the footnotes of the marks."""
    rules = Counter(rule for line in lines for rule in _RULE.findall(line))
    marks = {rule: "*" * number for number, rule in enumerate((r for r, n in rules.items() if n > 1), 1)}
    marked = [_RULE.sub(lambda found: marks.get(found[1], found[0]), line) for line in lines]
    return marked, [f"{mark} {rule}" for rule, mark in marks.items()]
