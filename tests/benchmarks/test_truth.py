"""How relations are judged: on made-up answers of an oracle, and with the parts that need no tool of a language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.truth import intelephense, repositories
from benchmarks.truth.__main__ import table, ways_table
from benchmarks.truth.claims import BY_NAME, Claims, collect
from benchmarks.truth.oracle import Answers, Use
from benchmarks.truth.pyright import find_imports, find_keys, find_tokens
from benchmarks.truth.repositories import PINNED, Pinned, Unavailable, check_out
from benchmarks.truth.score import FALSE, RELATED, TRUE, UNKNOWN, score
from noctule.indexer.resolve.confidence import TOLD, confidence_of
from noctule.indexer.resolve.types import DECLARED, DERIVED, EXPANDED, MADE, NAMED, PRECISE
from noctule.indexer.store.graph import UNSURE
from noctule.indexer.store.rows import DefinitionRow
from tests.repositories import Repository

PATHS = ["ship.py", "boat.py", "a.py", "b.py", "c.py", "d.py", "e.py"]


def row(position: int, qualname: str, kind: str, start: int, signature: str = "") -> DefinitionRow:
    return DefinitionRow(0, position, qualname, kind, start, start + 9, signature, "", position - 1)


def claims(tmp_path: Path, users: set[int]) -> Claims:
    for path in PATHS:
        (tmp_path / path).write_text("\n" * 20)
    definitions = {
        0: [row(0, "Ship", "class", 0, "class Ship"), row(1, "Ship.sail", "method", 1)],
        1: [row(0, "Boat", "class", 0, "class Boat(Ship)"), row(1, "Boat.sail", "method", 1)],
        **{file: [] for file in range(2, 7)},
    }
    uses = {(0, "Ship.sail"): frozenset(users), (0, "Ship"): frozenset({1})}
    file_users = {0: frozenset({1, 2, 6}), 1: frozenset({3})}
    return Claims(tmp_path, PATHS, ["python"] * 7, ["source"] * 7, definitions, uses, file_users)


ANSWERS = Answers(
    [
        Use("boat.py", 0, "Ship", (("ship.py", 0),)),
        Use("a.py", 3, "sail", (("ship.py", 1),)),
        Use("b.py", 3, "sail", (("boat.py", 1),)),
        Use("c.py", 3, "sail", (("", 0),)),
        Use("d.py", 3, "sail", ()),
        Use("e.py", 3, "sail", (("ship.py", 1),)),
    ],
    [("c.py", "ship.py")],
)


def test_claims_are_true_related_false_or_unknown(tmp_path: Path) -> None:
    found = score(claims(tmp_path, {2, 3, 4, 5}), ANSWERS, frozenset({"python"}))

    assert found.verdicts == {TRUE: 2, RELATED: 1, FALSE: 1, UNKNOWN: 1}
    assert (found.lenient, found.worst) == (3 / 4, 3 / 5)
    assert (found.known, found.missed) == (4, 2)  # e.py, and b.py's use of Boat.sail
    assert found.examples["false"] == ["ship.py:Ship.sail in c.py"]
    assert sorted(found.examples["missed"]) == ["boat.py:Boat.sail in b.py:4", "ship.py:Ship.sail in e.py:4"]
    assert (found.files_true, found.files_false, found.files_known, found.files_missed) == (4, 0, 5, 1)


def test_only_source_files_of_the_language_are_judged(tmp_path: Path) -> None:
    assert score(claims(tmp_path, {2}), ANSWERS, frozenset({"go"})).verdicts.total() == 0


def test_the_table_has_a_line_for_each_language(tmp_path: Path) -> None:
    found = score(claims(tmp_path, {2, 3, 4, 5}), ANSWERS, frozenset({"python"}))

    lines = list(table({"Python": (["flask", "requests"], found)}))

    assert lines[2:] == ["| Python (flask, requests) | 75.0 / 60.0 | 50.0 | 5 told, 4 known | 100.0 / 80.0 |"]


def test_what_a_sleep_learned_is_collected(tmp_path: Path) -> None:
    made = Repository(tmp_path / "yard")
    made.commit("Begin", {"ship.py": "def sail(): ...\n", "use.py": "from ship import sail\n\nsail()\n"})

    found = collect(made.root, tmp_path / "cache")

    assert found.uses[0, "sail"] == {1}
    assert found.file_users[0] == {1}


def test_names_are_found_in_code_and_in_the_fields_of_strings() -> None:
    text = 'x = sail(1)  # sail\ny = "sail"\nz = f"{sail(2)} sail"\n'

    lines = [(line, column) for line, column, name in find_tokens(text, frozenset({"sail"})) if name == "sail"]

    assert lines == [(0, 4), (2, 7)]


def test_texts_that_are_keys_of_a_declared_dictionary_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(
        "from typing import TypedDict\n\n\nclass Scope(TypedDict):\n    path: str\n\n\n"
        "class Wide(Scope, total=False):\n    size: int\n\n\nclass Other:\n    name: str\n"
    )

    keys = find_keys(tmp_path, ["kinds.py"])
    found = find_tokens('scope["path"]\nother["name"]\n', frozenset({"path", "name"}), keys)

    assert keys == {"path", "size"}
    assert found == [(0, 7, "path")]


def test_what_an_oracle_guesses_confirms_a_claim_and_its_pair_of_files(tmp_path: Path) -> None:
    told = replace(claims(tmp_path, {5}), file_users={0: frozenset({5})})
    guess = Use("d.py", 3, "sail", (("ship.py", 1),), is_guess=True)

    before = score(told, ANSWERS, frozenset({"python"}))
    found = score(told, replace(ANSWERS, uses=[*ANSWERS.uses, guess]), frozenset({"python"}))

    assert (before.verdicts[UNKNOWN], found.verdicts[UNKNOWN]) == (1, 0)
    assert found.verdicts[TRUE] == before.verdicts[TRUE] + 1
    assert found.files_true == 1
    assert found.known == before.known  # nobody has to find what is guessed


def test_imports_mean_files_as_python_has_it(tmp_path: Path) -> None:
    files = {
        "src/yard/__init__.py": "from .ship import Ship\n",
        "src/yard/ship.py": "import os\n",
        "tests/help.py": "",
        "tests/test_yard.py": "import help\nfrom yard import ship\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    assert set(find_imports(tmp_path, list(files))) == {
        ("src/yard/__init__.py", "src/yard/ship.py"),
        ("tests/test_yard.py", "tests/help.py"),
        ("tests/test_yard.py", "src/yard/__init__.py"),
        ("tests/test_yard.py", "src/yard/ship.py"),
    }


def test_a_pinned_commit_is_laid_out_from_a_clone(tmp_path: Path) -> None:
    made = Repository(tmp_path / "clones" / "yard")
    pinned = Pinned("Python", "ada/yard", made.commit("Begin", {"a.py": "1\n"}))
    made.commit("Later", {"a.py": "2\n"})

    tree = check_out(pinned, tmp_path / "clones", tmp_path / "work")
    again = check_out(pinned, None, tmp_path / "work")

    assert again == tree
    assert (tree / "a.py").read_text() == "1\n"


def test_a_clone_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ada/yard: no clone of it in "):
        check_out(Pinned("Python", "ada/yard", "0" * 40), tmp_path, tmp_path / "work")


def test_every_repository_is_pinned_at_a_commit() -> None:
    assert repositories.HOST.startswith("https://")
    assert [pinned.name for pinned in PINNED if len(pinned.commit) != 40 or "/" not in pinned.name] == []


def test_what_is_right_is_told_by_the_way_it_was_resolved(tmp_path: Path) -> None:
    made = replace(
        claims(tmp_path, {2, 3, 4, 5}),
        ways={(0, "Ship.sail"): {2: DECLARED, 3: MADE, 4: MADE, 5: DERIVED}, (0, "Ship"): {1: NAMED}},
        file_ways={0: {1: NAMED, 2: NAMED, 5: BY_NAME}},
    )
    found = score(made, ANSWERS, frozenset({"python"}))

    assert list(ways_table({"Python": ([], found)}))[2:] == [
        "| named | 100.0 (1) | 100.0 (1) |",
        "| declared | 100.0 (1) | 100.0 (1) |",
        "| made | 50.0 (2) | 50.0 (2) |",
        "| derived | - (0) | - (0) |",
        "| files: named | 100.0 (2) | 100.0 (2) |",
        "| files: a name alone | 0.0 (1) | 0.0 (1) |",
    ]


def test_all_ways_are_sure_enough_for_claims_and_a_name_alone_is_not() -> None:
    ways = np.array([PRECISE, NAMED, DERIVED, EXPANDED], np.int8)

    assert confidence_of(ways).tolist() == pytest.approx([0.999, 0.999, 0.962, 0.981])
    assert min(confidence_of(ways)) >= TOLD > UNSURE


def test_what_intelephense_names_is_the_comment_above_a_declaration(tmp_path: Path) -> None:
    text = "<?php\n/** A box. */\nclass Box {\n    /**\n     * Make.\n     */\n    function __construct() {}\n}\n"
    (tmp_path / "Box.php").write_text(text)
    declared = intelephense.Declarations(tmp_path)

    assert list(intelephense.find_tokens("<?php\nnew Box(); // Box\n", frozenset({"Box"}))) == [(1, 4, "Box")]
    assert declared.correct("Box", ("Box.php", 1)) == ("Box.php", 2)
    assert declared.correct("Box", ("Box.php", 3)) == ("Box.php", 6)
    assert declared.is_constructor(("Box.php", 6))


def test_a_function_that_a_build_takes_from_one_of_several_files(tmp_path: Path) -> None:
    paths = ["port.h", "unix.c", "win.c", "use.c"]
    for path in paths:
        (tmp_path / path).write_text("int wait(void);\n" if path != "unix.c" else "int wait(void) {\n  return 0;\n}\n")
    (tmp_path / "win.c").write_text("int wait(void) {\n  return 1;\n}\nint twice(void) { return wait(); }\n")
    one = DefinitionRow(0, 0, "wait", "function", 0, 1, "", "", -1)
    body = one._replace(stop=3)
    told = {(1, "wait"): frozenset({3}), (2, "wait"): frozenset[int](), (0, "wait"): frozenset({2, 3})}
    asked = Claims(
        tmp_path, paths, ["c"] * 4, ["source"] * 4, {0: [one], 1: [body], 2: [body], 3: []}, told, {1: frozenset({3})}
    )
    places = (("port.h", 0), ("unix.c", 0), ("win.c", 0))
    uses = [Use(path, 3 if path == "win.c" else 0, "wait", places) for path in paths]
    answers = Answers(uses, [])

    found = score(asked, answers, frozenset({"c"}))

    assert found.verdicts == {TRUE: 3}  # unix.c in use.c is one of two that may be
    assert (found.known, found.missed) == (3, 1)  # the header in each other; win.c uses its own, not that of unix.c
    assert (found.files_true, found.files_false) == (1, 0)


def test_what_the_module_beside_a_stub_takes_from_elsewhere_is_meant_too(tmp_path: Path) -> None:
    paths = ["a.py", "a.pyi", "impl.py", "use.py"]
    for path in paths:
        (tmp_path / path).write_text("\n" * 20)
    one = row(0, "make", "function", 0)
    defined: dict[int, list[DefinitionRow]] = {0: [], 1: [one], 2: [one], 3: []}
    asked = Claims(tmp_path, paths, ["python"] * 4, ["source"] * 4, defined, {(2, "make"): frozenset({0, 3})}, {})
    stub, code = ("a.pyi", 0), ("impl.py", 0)
    answers = Answers(
        [
            Use("a.py", 0, "make", (code,)),
            Use("a.pyi", 0, "make", (stub,)),
            Use("use.py", 1, "make", (stub,)),
            Use("impl.py", 0, "make", (code,)),
        ],
        [("a.py", "impl.py")],
    )

    found = score(asked, answers, frozenset({"python"}))

    assert found.verdicts == {TRUE: 2}
    assert (found.known, found.missed) == (3, 1)  # the stub's own, which nothing claims, in use.py


def test_a_constructor_of_cpp_counts_where_its_name_stands(tmp_path: Path) -> None:
    paths = ["box.hpp", "use.cpp", "copy.cpp"]
    for path in paths:
        (tmp_path / path).write_text("Box box(1);\n" if path != "copy.cpp" else "auto other = box;\n")
    rows = [row(0, "Box", "class", 0), row(1, "Box.Box", "method", 1)._replace(stop=3)]
    asked = Claims(tmp_path, paths, ["cpp"] * 3, ["source"] * 3, {0: rows, 1: [], 2: []}, {}, {})
    uses = [Use(path, 0, "Box", (("box.hpp", 1),)) for path in paths]

    found = score(asked, Answers(uses, []), frozenset({"cpp"}))

    assert found.examples["missed"] == ["box.hpp:Box.Box in use.cpp:1"]
