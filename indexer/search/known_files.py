"""The files that every repository has and people call by a common name: readme, changelog, what builds it.

Words of a task and paths in, files out. No ranking finds these: "fix the typo in README" has no word of what stands in
one. How often a commit whose subject has such a word changed such a file was counted over 56 repositories:
docs/decisions/ranking.md has the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from noctule.indexer.arrays import Floats
from noctule.indexer.lazy_pattern import lazy_pattern
from noctule.indexer.search.small_talk import content_words

MOST = 3
BY_PATH = 0.9
MOST_WORDS = 6
"""A text with more words that carry a meaning says what it is about by itself."""
DEEPEST = 2
"""A file deeper in the tree belongs to a part of it."""


class KnownFiles(NamedTuple):
    """Files that a task calls by a common name, and how likely the first of them is changed."""

    files: tuple[int, ...]
    probability: float


class _Name(NamedTuple):
    words: re.Pattern[str]
    path: re.Pattern[str]
    probability: float


def _name(words: str, path: str, probability: float) -> _Name:
    return _Name(lazy_pattern(rf"\b(?:{words})\b", re.IGNORECASE), lazy_pattern(path), probability)


_NAMES = (
    _name("readme", r"(?:^|/)readme[^/]*$", 0.9),
    _name("makefile", r"(?:^|/)(?:gnu)?makefile[^/]*$", 0.8),
    _name("contributing", r"(?:^|/)contributing[^/]*$", 0.7),
    _name(
        "changelog|change log|release notes?",
        r"(?:^|/)(?:change[-_]?log|changes|history|news|release[-_]?notes?|releases|whats[-_]?new)[^/]*$",
        0.5,
    ),
    _name(
        "CI|workflows?|github actions?|pipeline",
        r"^\.github/workflows/|^\.gitlab-ci|^\.circleci/|^azure-pipelines|^\.travis|^appveyor|^jenkinsfile",
        0.5,
    ),
    _name("licen[sc]e", r"(?:^|/)(?:licen[sc]e|copying)[^/]*$", 0.4),
    _name(
        "dependency|dependencies|deps",
        r"(?:^|/)(?:pyproject\.toml|package\.json|cargo\.toml|setup\.(?:py|cfg)|pom\.xml|[^/]*\.gemspec|gemfile|go\.mod"
        r"|build\.gradle(?:\.kts)?|libs\.versions\.toml|composer\.json|[^/]*\.csproj|requirements[^/]*\.txt)$",
        0.4,
    ),
    _name(
        "builds?|compile|compilation",
        r"(?:^|/)(?:makefile|cmakelists\.txt|build\.gradle(?:\.kts)?|pom\.xml|package\.json|pyproject\.toml|setup\.py"
        r"|cargo\.toml|build\.rs|meson\.build|rakefile|justfile|configure\.ac|makefile\.am)$",
        0.4,
    ),
    _name("docker|dockerfile", r"(?:^|/)(?:dockerfile|docker-compose)[^/]*$", 0.25),
    _name(
        "version",
        r"(?:^|/)(?:_*version_*\.[a-z]+|pyproject\.toml|package\.json|cargo\.toml|setup\.(?:py|cfg)|pom\.xml"
        r"|gradle\.properties|composer\.json|directory\.build\.props|release\.py)$",
        0.15,
    ),
    _name(
        "run (?:the |all )?tests?", r"(?:^|/)(?:contributing[^/]*|makefile|tox\.ini|noxfile\.py|package\.json)$", 0.15
    ),
)


def find_known_files(text: str, paths: Sequence[str], scores: Floats) -> KnownFiles | None:
    """Return the files that a short text calls by a common name or by path, those nearest to the top first, if any.

    `scores` order those that are equally near, and leave out what is minus infinity.
    """
    if len(content_words(text, MOST_WORDS + 1)) > MOST_WORDS:
        return None
    if (path := text.strip(" `\n")) in paths:
        return KnownFiles((paths.index(path),), BY_PATH)
    for name in _NAMES:
        if name.words.search(text):
            meant = [
                (path.count("/"), -float(scores[file]), file)
                for file, path in enumerate(paths)
                if path.count("/") <= DEEPEST and name.path.search(path.lower()) and scores[file] > -float("inf")
            ]
            if meant:
                return KnownFiles(tuple(file for _, _, file in sorted(meant)[:MOST]), name.probability)
    return None
