"""What a mark of deprecation binds to, in several languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.notes.deprecations import find_deprecations
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "decorated.py": (
        'class Box:\n    @deprecated("use volume")\n    def area(self):\n        pass\n\n'
        "    def side(self):\n        pass\n",
        ["Box.area"],
    ),
    "warns.py": (
        "import warnings\n\n\ndef gone():\n    warnings.warn(\n        'use kept',\n"
        "        DeprecationWarning,\n    )\n\n\n"
        "def kept(side=None):\n    if side:\n        warnings.warn('no side', DeprecationWarning)\n",
        ["gone"],
    ),
    "documented.py": (
        'def gone():\n    """Measure.\n\n    .. deprecated:: 2.0\n        Use kept.\n    """\n\n\n'
        'def kept(side):\n    """Measure.\n\n    .. deprecated:: 2.0\n        The parameter side.\n    """\n\n\n'
        'def wide(side):\n    """Measure.\n\n    .. deprecated:: 24.1.0 *side* is deprecated for *edge*.\n    """\n\n\n'
        'def high(side):\n    """Measure.\n\n    .. deprecated:: 2.0\n        ``side`` is now *edge*.\n    """\n',
        ["gone"],
    ),
    "Box.java": (
        "/** A box. */\npublic class Box {\n    /**\n     * Area.\n     * @deprecated use volume\n"
        "     */\n    @Deprecated\n"
        "    public int area() { return 1; }\n\n    @Deprecated public int side() { return 2; }\n\n"
        "    /** @deprecated use fill(int) */\n    public void fill() {}\n    public void fill(int by) {}\n}\n",
        ["Box.area", "Box.side"],
    ),
    "box.go": (
        "// Package box measures.\n//\n// Deprecated: use boxes.\npackage box\n\n// Area measures.\n//\n"
        "// Deprecated: use Volume.\n"
        "func Area() int { return 1 }\n\n// Volume is not deprecated.\nfunc Volume() int { return 2 }\n",
        ["Area"],
    ),
    "box.rs": ('#[deprecated(\n    note = "use volume"\n)]\npub fn area() {}\n\npub fn volume() {}\n', ["area"]),
    "box.cpp": ('[[deprecated("use volume")]]\nint area() { return 1; }\n\nint volume() { return 2; }\n', ["area"]),
    "Box.cs": ('class Box {\n    [Obsolete("use Volume")]\n    public int Area() { return 1; }\n}\n', ["Box.Area"]),
    "box.ts": (
        "/** @deprecated use volume */\nexport function area() {}\n\n"
        "export function warnDeprecation(text: string) {}\n\n"
        "export function volume() {\n  warnDeprecation('no sides')\n}\n",
        ["area"],
    ),
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder: Path = tmp_path_factory.mktemp("deprecations")
    made = Made(folder / "repo")
    made.commit("Start", {path: text for path, (text, _) in FILES.items()})
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    return repository


@pytest.mark.parametrize("path", FILES)
def test_a_mark_binds_to_the_definition_that_follows_it(learned: Repository, path: str) -> None:
    ground = learned.reader.ground

    found = find_deprecations(ground, ground.position[path])

    assert sorted(definition.qualname for definition, _ in found) == FILES[path][1]
