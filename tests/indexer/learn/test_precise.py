"""What a SCIP index adds to a view: what its lines still bear out, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made
from tests.scip_index import index_words

SHIP = "class Ship:\n    def unmoor(self):\n        return self\n\n    def moor(self):\n        return self\n"
CREW = "def crew(vessels):\n    for vessel in vessels:\n        vessel.unmoor()\n    return vessels\n"
DOCK = "def dock(vessel):\n    vessel.moor()\n"
SYMBOLS = {"Ship": "s python p 1 ship/Ship#", "unmoor": "s python p 1 ship/Ship#unmoor()."}
"""An indexer says whose `unmoor` it is; no declaration does."""


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "yard")
    made.commit("Begin", {"ship.py": SHIP, "crew.py": CREW, "dock.py": DOCK})
    return made


def index(made: Made, name: str = "index.scip", *, typed: bool = False) -> None:
    made.write(name, index_words(made.root, SYMBOLS, ["ship.py", "crew.py", "dock.py"], typed=typed))


def sleep(made: Made) -> Repository:
    repository = Repository.open(made.root, cache=made.root.parent / "cache")
    repository.sleep()
    return repository


def users(repository: Repository, subject: str = "ship.py:Ship.unmoor") -> Sequence[str]:
    told = [claim.text for claim in repository.notes(subject).claims if claim.kind == "users"]
    return [text for text in told if text.startswith("Used by")]


def test_without_an_index_a_receiver_without_a_type_is_no_use(made: Made) -> None:
    repository = sleep(made)

    assert users(repository) == []
    assert repository.status().scip == {}


@pytest.mark.parametrize("typed", [False, True])
def test_an_index_adds_uses(made: Made, typed: bool) -> None:
    index(made, typed=typed)

    repository = sleep(made)

    assert users(repository) == ["Used by crew.py (crew)."]
    (claim,) = (c for c in repository.notes("ship.py:Ship.unmoor").claims if c.kind == "users")
    assert [(e.path, e.start_line) for e in claim.evidence] == [("crew.py", 3)]
    assert "crew.py" in "".join(c.text for c in repository.notes("ship.py").claims if c.kind == "dependents")
    status = repository.status().scip
    assert status == {"name": "index.scip", "uses": 1, "documents": 1, "changed": 0}


def test_an_index_that_comes_later_is_read_by_the_next_sleep(made: Made) -> None:
    assert users(sleep(made)) == []
    index(made)

    assert users(sleep(made)) == ["Used by crew.py (crew)."]


def test_a_use_goes_with_its_line_and_follows_it(made: Made) -> None:
    index(made)
    sleep(made)
    made.write("crew.py", '"""The crew."""\n\n' + CREW)
    repository = sleep(made)
    (claim,) = (c for c in repository.notes("ship.py:Ship.unmoor").claims if c.kind == "users")
    assert [(e.path, e.start_line) for e in claim.evidence] == [("crew.py", 5)]
    assert repository.status().scip["changed"] == 1

    made.write("crew.py", CREW.replace("vessel.unmoor()", "vessel.cast_off()"))

    assert users(sleep(made)) == []


def test_a_use_goes_with_its_definition_and_follows_it(made: Made) -> None:
    index(made)
    sleep(made)
    made.write("ship.py", "class Boat:\n    def row(self): ...\n\n\n" + SHIP)
    assert users(sleep(made)) == ["Used by crew.py (crew)."]

    made.write("ship.py", SHIP.replace("unmoor", "cast_off"))

    repository = sleep(made)
    assert [u for d in ("Ship", "Ship.cast_off", "Ship.moor") for u in users(repository, f"ship.py:{d}")] == []


def test_a_document_that_was_edited_before_the_index_is_seen_counts_as_changed(made: Made) -> None:
    index(made)
    made.write("ship.py", "import os\n\n" + SHIP)

    repository = sleep(made)

    assert users(repository) == []
    assert repository.status().scip == {"name": "index.scip", "uses": 0, "documents": 0, "changed": 1}


def test_uses_go_with_the_index(made: Made) -> None:
    index(made)
    sleep(made)
    (made.root / "index.scip").unlink()

    repository = sleep(made)

    assert users(repository) == []
    assert repository.status().scip == {}
    assert repository.notes("ship.py").claims == () or "crew" not in str(repository.notes("ship.py").claims)


def test_an_index_that_was_only_written_again_keeps_what_followed_edits(made: Made) -> None:
    index(made)
    sleep(made)
    made.write("crew.py", "\n" + CREW)
    sleep(made)
    os.utime(made.root / "index.scip", ns=(1, 1))

    assert users(sleep(made)) == ["Used by crew.py (crew)."]


def test_an_index_of_another_name_is_kept_in_mind(made: Made) -> None:
    index(made, "build/yard.scip")
    sleep(made).choose_scip("build/yard.scip")

    assert users(sleep(made)) == ["Used by crew.py (crew)."]

    made.commit("Later", {"notes.md": "later\n"})
    assert users(sleep(made)) == ["Used by crew.py (crew)."]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no index\n", "it is damaged, or not a SCIP index"), (b"", "it is damaged, or not a SCIP index")],
)
def test_what_is_no_index_is_one_warning(made: Made, content: bytes, why: str) -> None:
    made.write("index.scip", content)

    repository = sleep(made)

    assert repository.status().failed == {"index.scip": f"no SCIP index is used: {why}"}
    assert users(repository) == []


def test_a_pipe_or_folder_in_place_of_an_index_is_not_waited_for(made: Made) -> None:
    os.mkfifo(made.root / "index.scip")
    assert sleep(made).status().failed == {"index.scip": "no SCIP index is used: it is not a file"}
    (made.root / "index.scip").unlink()
    (made.root / "index.scip").mkdir()

    assert sleep(made).status().failed == {"index.scip": "no SCIP index is used: it is not a file"}


def test_a_link_in_place_of_an_index_is_followed_only_where_the_user_named_it(made: Made) -> None:
    index(made, "../real.scip")
    (made.root / "index.scip").symlink_to(made.root.parent / "real.scip")
    repository = sleep(made)
    assert (users(repository), repository.status().scip, repository.status().failed) == ([], {}, {})

    (made.root / "link.scip").symlink_to(made.root.parent / "real.scip")
    repository.choose_scip("link.scip")

    assert users(sleep(made)) == ["Used by crew.py (crew)."]


def test_an_index_that_was_named_and_is_absent_is_a_warning(made: Made) -> None:
    repository = sleep(made)
    repository.choose_scip("gone.scip")

    assert sleep(made).status().failed == {"gone.scip": "no SCIP index is used: No such file or directory"}
