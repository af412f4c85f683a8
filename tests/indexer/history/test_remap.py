"""Texts that are brought up to date at once, while history waits for a quiet moment."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.history.remap import in_line
from noctule.indexer.progress import Pace, TooMuch
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

AT_ONCE = Pace(history=False)
TASK = "tax_of and tip_of round money"
PATHS = st.lists(st.sampled_from("abcdefgh"), unique=True).map(sorted)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    for n in range(8):
        made.commit(
            f"Round money, case {n}",
            {
                "money.py": f"def round_money(amount):\n    return amount + {n}\n",
                "tax.py": f"from money import round_money\n\n\ndef tax_of(price):\n    return {n}\n",
            },
        )
    return made


def opened(made: Made, cache: Path) -> Repository:
    return Repository.open(made.root, cache=cache)


def served(made: Made, cache: Path) -> dict[str, Any]:
    """Return all that is answered but the times, and what a fit that serves for fifty commits says of itself."""
    repository = opened(made, cache)
    try:
        pack = repository.context(TASK)
        answers = [pack, repository.notes(""), repository.notes(pack.files[0].path), repository.predict()]
        told: list[dict[str, Any]] = [json.loads(json.dumps(a.to_json())) for a in answers]
    finally:
        repository.refresh()
    for answer in told:
        answer.pop("elapsed_ms", None)
        del answer["freshness"]["learned_at"]
    del told[-1]["withheld"]
    return {"answers": told}


def test_texts_are_fresh_at_once_and_history_follows(made: Made, tmp_path: Path) -> None:
    before = made.git("rev-parse", "HEAD")
    opened(made, tmp_path / "cache").sleep()
    made.git("rm", "-q", "--cached", "money.py")
    made.commit(
        "Tips", {"tip.py": "from money import round_money\n\n\ndef tip_of(price):\n    return round_money(price)\n"}
    )
    made.git("mv", "tax.py", "vat.py")

    report = opened(made, tmp_path / "cache").sleep(pace=AT_ONCE)
    pack = opened(made, tmp_path / "cache").context(TASK)
    forecast = opened(made, tmp_path / "cache").predict()
    opened(made, tmp_path / "cache").sleep()
    opened(made, tmp_path / "other").sleep()

    assert (report.parsed_blobs, report.commits_read) == (1, 0)
    assert (pack.freshness.state, pack.freshness.history) == ("fresh", before)
    assert {f.path for f in pack.files} >= {"tip.py", "vat.py"}
    assert "tax.py" not in {f.path for f in pack.files}
    assert {p.path for p in forecast.change_points} <= {"money.py", "tip.py", "vat.py"}
    assert served(made, tmp_path / "cache") == served(made, tmp_path / "other")


def test_a_commit_of_what_is_known_already_costs_nothing_at_once(made: Made, tmp_path: Path) -> None:
    made.write("tip.py", "def tip_of(price):\n    return price\n")
    opened(made, tmp_path / "cache").sleep()
    before = made.git("rev-parse", "HEAD")
    made.commit("Tips")

    opened(made, tmp_path / "cache").sleep(pace=AT_ONCE)
    at_once = opened(made, tmp_path / "cache").context(TASK).freshness
    opened(made, tmp_path / "cache").sleep()
    later = opened(made, tmp_path / "cache").context(TASK).freshness

    assert (at_once.state, at_once.history) == ("fresh", before)
    assert (later.state, later.history) == ("fresh", made.git("rev-parse", "HEAD"))


def test_a_list_of_files_that_comes_and_goes_again_ends_where_it_began(made: Made, tmp_path: Path) -> None:
    opened(made, tmp_path / "cache").sleep()
    before = served(made, tmp_path / "cache")

    for content in ("def tip_of(): ...\n", "def tip(): ...\n"):
        made.write("tip.py", content)
        opened(made, tmp_path / "cache").sleep(pace=AT_ONCE)
    (made.root / "tip.py").unlink()
    opened(made, tmp_path / "cache").sleep(pace=AT_ONCE)

    assert served(made, tmp_path / "cache") == before


def test_where_there_is_no_history_none_waits(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "tax.py").write_text("def tax_of(): ...\n")
    Repository.open(folder, cache=tmp_path / "cache").sleep()
    (folder / "tip.py").write_text("def tip_of(): ...\n")

    Repository.open(folder, cache=tmp_path / "cache").sleep(pace=AT_ONCE)

    store = Repository.open(folder, cache=tmp_path / "cache").open_store()
    assert store is not None
    view = store.view(Repository.open(folder, cache=tmp_path / "cache").view_name)
    store.close()
    assert view is not None
    assert not view.behind


def test_more_to_read_than_a_pace_allows_is_left_alone(made: Made, tmp_path: Path) -> None:
    opened(made, tmp_path / "cache").sleep()
    for n in range(3):
        made.write(f"file{n}.py", f"x = {n}\n")

    with pytest.raises(TooMuch, match="3 files to read"):
        opened(made, tmp_path / "cache").sleep(pace=Pace(most_unseen=2))

    assert opened(made, tmp_path / "cache").context(TASK).freshness.pending_count == 3


@given(PATHS, PATHS, st.data())
def test_commits_keep_the_files_that_are_still_there(earlier: list[str], paths: list[str], data: st.DataObject) -> None:
    touched = data.draw(st.lists(st.lists(st.sampled_from(earlier), unique=True) if earlier else st.just([])))
    columns = {
        "files": np.array([earlier.index(p) for t in touched for p in t], np.int32),
        "offsets": np.cumsum([0, *map(len, touched)]).astype(np.int64),
        "sizes": np.array([len(t) for t in touched], np.int32),
    }

    moved = in_line(columns, earlier, paths)

    cuts = moved["offsets"].tolist()
    named = [paths[f] for f in moved["files"].tolist()]
    assert [named[a:b] for a, b in pairwise(cuts)] == [[p for p in t if p in paths] for t in touched]
    assert moved["sizes"].tolist() == [len(t) for t in touched]
