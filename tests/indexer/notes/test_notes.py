"""Notes on real repositories: what they say, what they rest on, and what they keep silent about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.errors import UnknownSubject
from noctule.indexer.files.secret_paths import may_hold_secrets
from noctule.indexer.history.history import History
from noctule.indexer.history.log import read
from noctule.indexer.notes import couplings
from noctule.indexer.notes import recipe_mining as recipes
from noctule.indexer.notes.phrases import YEAR_S, list_phrase
from noctule.indexer.results import Claim, Evidence, Note
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

Learn = Callable[[], Repository]

CORE = "\n\n\n".join(("def area(width, height):\n    return width * height", "def twice(x):\n    return 2 * x\n"))
API = "from shop.core import area\n\n\ndef price(width, height):\n    return 3 * area(width, height)\n"
TEST = "from shop.core import area\n\n\ndef test_area_of_a_square():\n    assert area(2, 2) == 4\n"


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A small shop: core is used by api and tested."""
    made = Made(tmp_path / "repo")
    made.commit("Start", {"shop/__init__.py": "", "shop/core.py": CORE, "shop/api.py": API, "tests/test_core.py": TEST})
    return made


@pytest.fixture
def learn(made: Made, tmp_path: Path) -> Learn:
    """Learns the repository as it stands."""

    def learned() -> Repository:
        repository = Repository.open(made.root, cache=tmp_path / "cache")
        repository.sleep()
        return repository

    return learned


def kind(note: Note, wanted: str) -> list[Claim]:
    """The claims of one kind."""
    return [claim for claim in note.claims if claim.kind == wanted]


def texts(note: Note, wanted: str) -> list[str]:
    """The sentences of one kind."""
    return [claim.text for claim in kind(note, wanted)]


def test_a_file_note_says_who_depends_on_it_with_the_importing_line(learn: Learn) -> None:
    note = learn().notes("shop/core.py")

    (claim,) = kind(note, "dependents")
    assert claim.text == "Used by shop/api.py and 1 test."
    assert [(e.path, e.start_line, e.end_line) for e in claim.evidence] == [("shop/api.py", 1, 1)]
    assert claim.evidence[0].hash
    assert (note.subject, note.subject_kind, dict(note.withheld)) == ("shop/core.py", "file", {})


def test_a_file_note_names_its_test_and_why(learn: Learn) -> None:
    note = learn().notes("shop/core.py")

    assert texts(note, "tests") == ["Tested by tests/test_core.py: same name, uses it."]


def test_a_test_that_uses_a_file_exercises_it_and_one_that_only_bears_its_name_is_said_to(
    made: Made, learn: Learn
) -> None:
    made.commit("More tests", {"tests/test_prices.py": TEST, "tests/test_api.py": "def test_nothing():\n    pass\n"})
    made.git("mv", "tests/test_core.py", "tests/test_sizes.py")
    made.commit("Another name", {"README.md": "1\n"})
    repository = learn()

    assert texts(repository.notes("shop/core.py"), "tests") == [
        "Exercised by tests/test_prices.py and by 1 more test file."
    ]
    assert texts(repository.notes("shop/api.py"), "tests") == ["A test has the same name: tests/test_api.py."]


def test_a_test_that_only_changes_with_a_file_is_not_said_to_test_it(made: Made, learn: Learn) -> None:
    for n in range(6):
        made.commit(f"Step {n}", {"shop/api.py": f"{API}# {n}\n", "tests/test_pages.py": f"PAGES = {n}\n"})
    for n in range(30):
        made.commit(f"Other {n}", {"README.md": f"{n}\n"})

    note = learn().notes("shop/api.py")

    assert texts(note, "tests") == []
    assert texts(note, "changes with") == ["tests/test_pages.py changed in 6 of the last 7 commits to this file."]


def test_files_that_change_together_are_told_with_the_commits_that_show_it(made: Made, learn: Learn) -> None:
    oids = [
        made.commit(f"Step {n}", {"shop/core.py": f"{CORE}# {n}\n", "shop/limits.py": f"MOST = {n}\n"})
        for n in range(5)
    ]
    for n in range(20):
        made.commit(f"Other {n}", {"README.md": f"{n}\n"})

    (claim,) = kind(learn().notes("shop/core.py"), "changes with")

    assert (
        claim.text
        == "shop/limits.py changed in 5 of the last 6 commits to this file; neither file refers to the other."
    )
    assert claim.evidence == (Evidence(None, None, None, None, tuple(oids[-3:])),)


def test_what_changes_with_everything_is_no_partner(made: Made, learn: Learn) -> None:
    for n in range(8):
        made.commit(f"Step {n}", {"shop/core.py": f"{CORE}# {n}\n", "CHANGES": f"{n}\n"})
        made.commit(f"Other {n}", {"shop/api.py": f"{API}# {n}\n", "CHANGES": f"{n} too\n"})

    assert kind(learn().notes("shop/core.py"), "changes with") == []


def test_fixes_are_counted_and_the_latest_cited(made: Made, learn: Learn) -> None:
    oids = [made.commit(f"Fix crash {n}", {"shop/core.py": f"{CORE}# {n}\n"}) for n in range(4)]

    (claim,) = kind(learn().notes("shop/core.py"), "fixes")

    assert claim.text == f"4 of the last 5 commits to this file were fixes; latest: {oids[-1][:10]}, 14 Nov 2023."
    assert claim.evidence[0].commits == tuple(oids[-3:])


def test_a_deprecation_is_followed_through_a_file_that_has_changed(made: Made, learn: Learn) -> None:
    made.commit("Doubt", {"shop/core.py": f"@deprecated('use volume')\n{CORE}"})
    repository = learn()
    lines = f"# be quick\n\n@deprecated('use volume')\n{CORE}"
    made.write("shop/core.py", lines)
    repository.refresh()

    note = repository.notes("shop/core.py")
    (claim,) = kind(note, "deprecation")

    assert claim.text == "Deprecated but still used: area (1 other file)."
    assert [(e.start_line, e.moved_from) for e in claim.evidence if e.path == "shop/core.py"] == [(3, 1)]


def test_what_rests_on_commits_of_another_branch_is_withheld(made: Made, learn: Learn, tmp_path: Path) -> None:
    for n in range(4):
        made.commit(f"Fix crash {n}", {"shop/core.py": f"{CORE}# {n}\n"})
    repository = learn()
    before = texts(repository.notes("shop/core.py"), "fixes")
    made.git("checkout", "-q", "HEAD~2")

    note = Repository.open(made.root, cache=tmp_path / "cache").notes("shop/core.py")

    assert [text.partition(";")[0] for text in before] == ["4 of the last 5 commits to this file were fixes"]
    assert (texts(note, "fixes"), note.withheld["fixes"]) == ([], 1)


def test_what_rests_on_commits_stands_as_more_are_made(made: Made, learn: Learn, tmp_path: Path) -> None:
    for n in range(4):
        made.commit(f"Fix crash {n}", {"shop/core.py": f"{CORE}# {n}\n"})
    learn()
    made.commit("Go on", {"README.md": "More\n"})

    note = Repository.open(made.root, cache=tmp_path / "cache").notes("shop/core.py")

    assert len(texts(note, "fixes")) == 1


def test_a_claim_follows_its_line_when_it_moves(made: Made, learn: Learn) -> None:
    repository = learn()
    made.write("shop/api.py", f"import os\nimport sys\n{API}")
    repository.refresh()

    (claim,) = kind(repository.notes("shop/core.py"), "dependents")

    assert [(e.start_line, e.end_line, e.moved_from) for e in claim.evidence] == [(3, 3, 1)]


def test_a_claim_is_withheld_and_counted_when_its_line_has_changed(made: Made, learn: Learn) -> None:
    repository = learn()
    made.write("shop/api.py", API.replace("from shop.core import area", "from shop.other import area"))
    repository.refresh()

    note = repository.notes("shop/core.py")

    assert kind(note, "dependents") == []
    assert note.withheld["dependents"] == 1
    assert note.freshness.withheld_claims == sum(note.withheld.values())
    assert note.freshness.state == "pending"


def test_a_file_that_is_gone_is_no_longer_a_dependent(made: Made, learn: Learn) -> None:
    repository = learn()
    (made.root / "shop/api.py").unlink()
    repository.refresh()

    assert kind(repository.notes("shop/core.py"), "dependents") == []


def test_a_symbol_note_says_who_uses_it_and_which_test_functions_exercise_it(learn: Learn) -> None:
    note = learn().notes("shop/core.py:area")

    assert (note.subject, note.subject_kind) == ("shop/core.py:area", "symbol")
    assert texts(note, "users") == ["Used by shop/api.py (price)."]
    assert texts(note, "tests") == ["Exercised by tests/test_core.py in test_area_of_a_square."]
    assert [(e.path, e.start_line) for e in kind(note, "users")[0].evidence] == [("shop/api.py", 5)]


def test_what_is_named_nowhere_else_is_told_until_a_file_that_has_changed_names_it(made: Made, learn: Learn) -> None:
    made.commit("Call it", {"shop/core.py": f"{CORE}\n\nprint(twice(1))\n"})
    repository = learn()
    said = ["Not used outside this file (1 use inside)."]
    made.write("shop/api.py", f"{API}# twice_as_much\n")
    repository.refresh()
    apart = texts(repository.notes("shop/core.py:twice"), "users")
    made.write("shop/late.py", "from shop.core import twice\n")
    repository.refresh()

    named = texts(repository.notes("shop/core.py:twice"), "users")

    assert (apart, named) == (said, [])


def test_a_symbol_note_tells_its_subclasses_and_takes_overrides_for_no_namesakes(made: Made, learn: Learn) -> None:
    made.commit(
        "Shapes",
        {
            "shop/shapes.py": "class Shape:\n    def draw(self):\n        pass\n",
            "shop/round.py": "from shop.shapes import Shape\n\nclass Circle(Shape):\n  def draw(self):\n    pass\n",
        },
    )
    repository = learn()

    assert texts(repository.notes("shop/shapes.py:Shape"), "subtypes") == [
        "Extended or implemented by Circle (shop/round.py)."
    ]
    assert texts(repository.notes("shop/shapes.py:Shape.draw"), "same name") == []


def test_a_name_that_two_files_define_and_others_use_from_both_is_told(made: Made, learn: Learn) -> None:
    made.commit(
        "Sizes",
        {
            "shop/sizes.py": "def area(side):\n    return side * side\n",
            "shop/unused.py": "def area():\n    pass\n",
            "shop/boxes.py": "from shop.sizes import area\n\n\ndef box():\n    return area(2)\n",
        },
    )
    repository = learn()

    (claim,) = kind(repository.notes("shop/core.py:area"), "same name")

    assert claim.text == "Another area is in use, defined in shop/sizes.py (function)."
    assert [(e.path, e.start_line) for e in claim.evidence] == [("shop/sizes.py", 1)]
    assert texts(repository.notes("shop/unused.py:area"), "same name") == []


def test_a_prototype_and_what_it_declares_are_one(made: Made, learn: Learn) -> None:
    use = '#include "{}"\n\nint show(void)\n{{\n    return escape_text(1);\n}}\n'
    made.commit(
        "Text",
        {
            "lib/text.hpp": "inline int escape_text(int n);\n",
            "lib/impl/text_inl.hpp": '#include "../text.hpp"\n\ninline int escape_text(int n)\n{\n    return n;\n}\n',
            "app/show.cpp": use.format("../lib/text.hpp"),
            "old/escape.hpp": "static inline int escape_text(int n)\n{\n    return n + 1;\n}\n",
            "old/page.cpp": use.format("escape.hpp").replace("show", "page"),
        },
    )
    repository = learn()

    told = [
        texts(repository.notes(f"{path}:escape_text"), "same name")
        for path in ("lib/text.hpp", "lib/impl/text_inl.hpp")
    ]

    assert told == [["Another escape_text is in use, defined in old/escape.hpp (function)."]] * 2
    assert texts(repository.notes("lib/text.hpp:escape_text"), "users") == ["Used by app/show.cpp (show)."]


def test_a_file_that_defines_a_name_twice_is_told_once(made: Made, learn: Learn) -> None:
    twice = "try:\n    import fast\nexcept ImportError:\n    def area(side):\n        return side\nelse:\n"
    twice += "    def area(side):\n        return fast.area(side)\n"
    made.commit(
        "Sizes",
        {
            "shop/sizes.py": twice,
            "shop/boxes.py": "from shop.sizes import area\n\n\ndef box():\n    return area(2)\n",
        },
    )

    (claim,) = kind(learn().notes("shop/core.py:area"), "same name")

    assert claim.text == "Others named area are in use, defined in shop/sizes.py (2 functions)."


def test_where_all_users_lie_in_one_folder_it_is_said_of_all(made: Made, learn: Learn) -> None:
    users = {f"shop/u{n}.py": "from lone import turn\n\n\ndef go():\n    return turn()\n" for n in range(4)}
    made.commit("Users", {"lone.py": "def turn():\n    return 1\n", **users})
    repository = learn()

    assert texts(repository.notes("lone.py"), "dependents") == ["Used by 4 files, all in shop."]
    (told,) = texts(repository.notes("lone.py:turn"), "users")
    assert told.startswith("Used by 4 files, all in shop; most often in ")


def test_folders_that_hold_half_of_the_users_are_some_and_not_most(made: Made, learn: Learn) -> None:
    use = "from lone import turn\n\n\ndef go():\n    return turn()\n"
    users = {f"{folder}/u{n}.py": use for folder, n in (("shop", 1), ("shop", 2), ("a", 1), ("b", 1))}
    made.commit("Users", {"lone.py": "def turn():\n    return 1\n", **users})

    assert texts(learn().notes("lone.py"), "dependents") == ["Used by 4 files, some in shop (2)."]


def test_users_and_tests_are_counted_alike_in_all_claims_and_qualified_apart(made: Made, learn: Learn) -> None:
    use = "from lone import turn\n\n\ndef {}():\n    return turn()\n"
    sources = {f"shop/u{n}.py": use.format("go") for n in range(4)}
    example = {"examples/show.py": use.format("show")}
    for n in range(4):
        names = ("test_lone", "test_turn", "test_more")
        tests = {f"tests/{name}.py": use.format(f"test_{n}") for name in names}
        made.commit(f"Turn {n}", {"lone.py": f"def turn():\n    return {n}\n", **sources, **example, **tests})
    made.commit("Another test", {"tests/test_last.py": use.format("test_last")})
    for n in range(20):
        made.commit(f"Other {n}", {"README.md": f"{n}\n"})
    repository = learn()
    note = repository.notes("lone.py")

    assert texts(note, "dependents") == ["Used by 5 files, mostly in shop (4), and 4 tests."]
    named = [text for text in texts(note, "tests") if text.startswith("Tested by")]
    assert len(named) + 2 == 4
    assert "; 2 more test files use it" in named[0]
    assert texts(repository.notes("lone.py:turn"), "users")[0].startswith("Used by 5 files, ")
    assert "lone.py (5 files)" in texts(repository.notes(), "central")[0]


def test_a_folder_with_less_than_a_twentieth_of_the_first_is_not_told(made: Made, learn: Learn) -> None:
    for number in range(61):
        made.commit(f"Grow {number}", {"shop/core.py": f"def area():\n    return {number}\n"})
    for number in range(3):
        made.commit(f"Tune {number}", {"other/rare.py": f"RARE = {number}\n"})

    told = [text for text in texts(learn().notes(), "hot") if text.startswith("Most changed directories")]

    assert told
    assert "other (" not in told[0]


def test_a_directory_note_says_what_is_hot_and_what_changes_with_it(made: Made, learn: Learn) -> None:
    for n in range(6):
        made.commit(f"Step {n}", {"shop/core.py": f"{CORE}# {n}\n", "docs/core.md": f"{n}\n"})
    for n in range(30):
        made.commit(f"Other {n}", {"README.md": f"{n}\n"})

    note = learn().notes("shop/")

    assert (note.subject, note.subject_kind) == ("shop", "directory")
    assert texts(note, "hot") == ["Most changed in the last 7 commits to this directory: shop/core.py (7)."]
    assert texts(note, "changes with") == ["docs/core.md changed in 6 of the last 7 commits to this directory."]


def test_adding_a_backend_gives_a_recipe_where_the_past_shows_one(made: Made, learn: Learn) -> None:
    oids = []
    for n, name in enumerate(("sql", "mongo", "disk", "cloud", "tape", "paper")):
        oids.append(
            made.commit(
                f"Backend {name}",
                {
                    f"shop/backends/{name}.py": f"NAME = {name!r}\n",
                    "shop/registry.py": f"BACKENDS = {n}\n",
                    f"tests/backends/test_{name}.py": f"# {name}\n",
                },
            )
        )
    wanted = (
        "Commits that add a .py file in shop/backends/ also change shop/registry.py and tests/backends/ (a new file) "
        "(5 of the last 6, latest in 2023)."
    )
    repository = learn()

    for subject in ("", "shop/backends", "shop/registry.py"):
        claims = [c for c in repository.notes(subject).claims if c.kind == "recipe" and c.text == wanted]
        assert [c.evidence[0].commits for c in claims] == [tuple(oids[-3:])], subject


def test_a_directory_is_added_where_no_file_lay_in_it_before(made: Made) -> None:
    made.commit(
        "Parts", {"plan.py": "\n", "suite.py": "\n", "shop/parts/first/a.py": "A = 1\n", "shop/cases/old/x": "0\n"}
    )
    for n in range(6):
        made.commit(
            f"Part {n}",
            {
                f"shop/parts/p{n}/deep/one.py": "N = 1\n",
                f"shop/parts/p{n}/deep/two.py": "N = 2\n",
                "plan.py": f"N = {n}\n",
            },
        )
        cases = {f"shop/cases/old/case{n}{letter}": f"{n}\n" for letter in "ab"}
        made.commit(f"Case {n}", {**cases, "suite.py": f"N = {n}\n"})
    paths = made.git("ls-files").split()

    found = recipes.mine(History.of(read(_git(made), "HEAD")), paths)

    added = [r for r in found if r.ending is None]
    assert [(r.folder, r.touched, r.both, r.of) for r in added] == [("shop/parts", ("plan.py",), 6, 6)]
    assert added[0].text.startswith("Commits that add a directory in shop/parts/ also change plan.py (6 of the last 6")
    assert ("shop/cases/old", "") in {(r.folder, r.ending) for r in found}


def test_a_place_that_a_minority_of_additions_touched_is_in_no_recipe(made: Made) -> None:
    for n in range(6):
        files: dict[str, str | bytes] = {f"shop/backends/b{n}.py": f"N = {n}\n", f"docs/{n}.md": f"{n}\n"}
        made.commit(f"Backend {n}", files | ({"shop/registry.py": f"{n}\n"} if n % 2 else {}))
    history = History.of(read(_git(made), "HEAD"))
    paths = made.git("ls-files").split("\n")

    found = [r for r in recipes.mine(history, paths) if r.folder == "shop/backends"]

    assert [(r.touched, r.grown, r.both, r.of) for r in found] == [((), ("docs",), 6, 6)]


def test_recipes_and_couplings_survive_being_stored(made: Made) -> None:
    for n in range(8):
        made.commit(f"Add {n}", {f"shop/b{n}.py": "x\n", "shop/a.py": f"{n}\n", "shop/z.py": f"{n}\n"})
    history = History.of(read(_git(made), "HEAD"))
    paths = made.git("ls-files").split("\n")
    mined, coupled = recipes.mine(history, paths), couplings.mine(history, paths)

    assert mined
    assert recipes.Recipe.decode(recipes.encode(mined)) == mined
    assert couplings.Coupling.decode(couplings.encode(coupled)) == coupled
    assert [(c.one, c.other, c.both, c.of) for c in coupled] == [("shop/a.py", "shop/z.py", 8, 8)]


def test_the_repository_note_tells_entry_points_and_hidden_couplings(made: Made, learn: Learn) -> None:
    made.commit("Package", {"pyproject.toml": '[project.scripts]\nshop = "shop.api:price"\n'})
    for n in range(8):
        made.commit(f"Both {n}", {"shop/a.py": f"A = {n}\n", "shop/z.py": f"Z = {n}\n"})

    note = learn().notes("")

    assert (note.subject, note.subject_kind) == ("", "repository")
    assert texts(note, "entry point") == ["The command shop starts in shop/api.py."]
    assert [(e.path, e.start_line) for e in kind(note, "entry point")[0].evidence] == [("pyproject.toml", 2)]
    assert texts(note, "hidden coupling") == [
        "shop/a.py and shop/z.py changed together in 8 of the last 8 commits to shop/a.py; "
        "neither file refers to the other."
    ]


def test_a_command_is_followed_through_a_manifest_that_has_changed(made: Made, learn: Learn) -> None:
    manifest = '[project.scripts]\nshop = "shop.core:area"\n'
    made.commit("Declare", {"pyproject.toml": manifest})
    repository = learn()
    made.write("pyproject.toml", f'[project]\nname = "shop"\n\n{manifest}other = "shop.api:price"\n')
    repository.refresh()

    told = [
        (claim.text, [(e.start_line, e.moved_from) for e in claim.evidence])
        for claim in kind(repository.notes(), "entry point")
    ]

    assert told == [("The command shop starts in shop/core.py.", [(5, 2)])]


def test_the_use_of_a_package_is_followed_through_a_file_that_has_changed(made: Made, learn: Learn) -> None:
    imports = 'import (\n\t"fmt"\n\t"example.com/it/shop/parts/wheel"\n)\n'
    user = f"package main\n\n{imports}\nfunc main() {{ wheel.Turn() }}\n"
    made.commit("In Go", {"parts/wheel/wheel.go": "package wheel\n\nfunc Turn() {}\n", "car.go": user})
    repository = learn()
    made.write("car.go", user.replace('\t"fmt"\n', '\t"fmt"\n\t"os"\n'))
    repository.refresh()

    (claim,) = kind(repository.notes("parts/wheel/wheel.go"), "dependents")

    assert [(e.path, e.start_line, e.moved_from) for e in claim.evidence] == [("car.go", 9, 8)]


@pytest.mark.parametrize(
    ("subject", "near"),
    [
        ("shop/cor.py", "shop/core.py"),
        ("shop/core.py:aera", "shop/core.py:area"),
        ("aera", "shop/core.py:area"),
        ("core.aera", "shop/core.py:area"),
    ],
)
def test_an_unknown_subject_is_answered_with_near_names(learn: Learn, subject: str, near: str) -> None:
    with pytest.raises(UnknownSubject) as raised:
        learn().notes(subject)

    assert "\n" not in str(raised.value)
    assert near in raised.value.advice


def test_a_symbol_is_found_by_its_own_name_and_that_of_its_owner(made: Made, learn: Learn) -> None:
    made.commit("Carts", {"shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n"})
    made.commit("Bills", {"shop/bill.py": "class Bill:\n    def total(self):\n        return 1\n"})
    repository = learn()

    for name in ("Cart.total", "Cart::total", "Cart#total()", "Cart.total()"):
        assert repository.notes(name).subject == "shop/cart.py:Cart.total"
    with pytest.raises(UnknownSubject) as raised:
        repository.notes("total")
    assert "shop/cart.py:Cart.total" in raised.value.advice


def test_a_subject_may_be_an_absolute_path(made: Made, learn: Learn) -> None:
    assert learn().notes(str(made.root / "shop/core.py")).subject == "shop/core.py"


def test_a_plain_folder_without_history_has_notes_too(tmp_path: Path) -> None:
    for path, text in {"shop/__init__.py": "", "shop/core.py": CORE, "shop/api.py": API}.items():
        file = tmp_path / "plain" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    repository = Repository.open(tmp_path / "plain", cache=tmp_path / "cache")
    repository.sleep()

    assert [c.text for c in repository.notes("shop/core.py").claims] == ["Used by shop/api.py."]
    assert repository.notes("").subject_kind == "repository"


def test_a_file_that_holds_secrets_is_never_quoted(made: Made, learn: Learn) -> None:
    made.commit("Secrets", {"config/credentials.py": "# TODO: rotate hunter2\n", "config/.env": "# TODO hunter2\n"})
    made.clock += int(6 * YEAR_S)
    made.commit("Later", {"config/credentials.yml": "# TODO: rotate hunter2\n"})
    repository = learn()

    for subject in ("config/credentials.yml", "config/.env"):
        assert "hunter2" not in str(repository.notes(subject).to_json())


@pytest.mark.parametrize(
    "path", [".env", "a/.env.local", "id_rsa", "x.pem", "k8s/secrets.yaml", ".aws/config", ".npmrc"]
)
def test_files_of_secrets_are_known_by_name(path: str) -> None:
    assert may_hold_secrets(path)


@pytest.mark.parametrize("path", [".env.example", "secrets.py", "src/keys.go", "credentials_test.go", "docs/secret.md"])
def test_sources_about_secrets_are_not_taken_for_secrets(path: str) -> None:
    assert not may_hold_secrets(path)


def test_phrases() -> None:
    assert list_phrase(["a"]) == "a"
    assert list_phrase(["a", "b", "c"]) == "a, b and c"
    assert list_phrase(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def _git(made: Made) -> _Log:
    return _Log(made)


class _Log:
    """git's log of a repository under test."""

    def __init__(self, made: Made) -> None:
        self._made = made

    def stream(self, *args: str) -> list[bytes]:
        return [self._made.git_bytes(*args)]


def test_a_directory_note_says_that_tests_are_not_among_its_users(made: Made, learn: Learn) -> None:
    use = "from shop.core import price\n\n\ndef show():\n    return price(1)\n"
    made.commit(
        "Show prices",
        {
            "shop/core.py": "def price(x):\n    return x\n",
            "web/page.py": use,
            "tests/test_core.py": use.replace("show", "test_price"),
        },
    )

    assert [text.partition(":")[0] for text in texts(learn().notes("shop"), "dependents")] == [
        "Used by 1 file outside (without tests)"
    ]
