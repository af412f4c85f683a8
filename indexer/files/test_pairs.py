"""Paths in, which test belongs to which source out, by their names alone. Reads no files and no imports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from noctule.indexer.files.roles import TEST_FOLDERS, classify_role, is_code, is_test_name

PARTNERS = 5
NAMESAKES = 64  # beyond these, only files that share a folder's name are compared

_AFFIX = re.compile(
    r"^tests?[_-]|(?:[_-](?:unit)?tests?|[_-]spec|\.(?:test|spec|e2e|cy)(?:-d)?|-d)$",
    re.IGNORECASE,
)
_CLASS_AFFIX = re.compile(r"^Test(?=[A-Z0-9])|(?<=[A-Za-z0-9])(?:UITests|TestCase|Tests?|Spec|Suite|IT)$")
_STANDS_FOR_FOLDER = frozenset({"__init__", "index", "mod", "main", "lib", "tests", "test", "conftest"})
_TESTS_NOTHING = frozenset({"__init__.py", "conftest.py", "__init__.pyi"})
_FOUND_BY_NAME = frozenset({"py", "go", "java", "kt", "rb", "php"})
_NO_ANCHOR = TEST_FOLDERS | {"", "src", "lib", "main", "java", "kotlin", "scala", "unit", "integration", "py"}


def pair_key(path: str) -> str:
    """Return what a source and its tests have in common: `pkg/foo_bar.py` and `tests/test_foo_bar.py` give `foobar`.

    A file that stands for its folder (`__init__.py`, `index.js`, `mod.rs`, `tests.py`) has the folder's key.
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    if is_test_name(name):
        stem = _CLASS_AFFIX.sub("", _AFFIX.sub("", stem)) or stem
    if stem in _STANDS_FOR_FOLDER:
        stem = next((part for part in reversed(folder.split("/")) if part not in _NO_ANCHOR), stem)
    return stem.replace("_", "").replace("-", "").lower()


def find_pairs(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Map each test to the sources it is named after and each source to its tests.

    Only the partners that share the most folder names are kept, `PARTNERS` at most; a name that many files bear is no
    sign without a shared folder.
    """
    tests: dict[str, list[str]] = defaultdict(list)
    sources: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if not is_code(path):
            continue
        role = classify_role(path)
        if role == "source":
            sources[pair_key(path)].append(path)
        elif role == "test" and _tests_something(path.rpartition("/")[2]):
            tests[pair_key(path)].append(path)
    pairs: dict[str, tuple[str, ...]] = {}
    for key in tests.keys() & sources.keys():
        pairs |= _nearest(tests[key], sources[key])
        pairs |= _nearest(sources[key], tests[key])
    return pairs


def _tests_something(name: str) -> bool:
    """Tell whether a file of a test folder holds tests: where tools find them by name, another name is an example."""
    return name not in _TESTS_NOTHING and (name.rpartition(".")[2].lower() not in _FOUND_BY_NAME or is_test_name(name))


def _nearest(these: Sequence[str], those: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Map each of these to the nearest of those."""
    by_anchor: dict[str, list[str]] = defaultdict(list)
    for that in those:
        for anchor in _anchors(that.rpartition("/")[0]):
            by_anchor[anchor].append(that)
    nearest: dict[str, tuple[str, ...]] = {}
    for this in these:
        anchors = _anchors(this.rpartition("/")[0])
        candidates = those
        if len(those) > NAMESAKES:
            shared = [by_anchor[anchor] for anchor in sorted(anchors) if anchor in by_anchor]
            candidates = min(shared, key=len, default=[])[:NAMESAKES]
        scored = sorted((-len(anchors & _anchors(that.rpartition("/")[0])), that) for that in candidates)
        if not scored or (scored[0][0] == 0 and len(those) > PARTNERS):
            continue
        nearest[this] = tuple(that for score, that in scored if score == scored[0][0])[:PARTNERS]
    return nearest


@lru_cache(maxsize=65536)
def _anchors(folder: str) -> frozenset[str]:
    return frozenset(part for part in folder.split("/") if part not in _NO_ANCHOR)
