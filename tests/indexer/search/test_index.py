from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noctule.indexer.search import companions, words
from noctule.indexer.search import query as task
from noctule.indexer.search.index import Index
from noctule.indexer.search.scores import add_each
from noctule.indexer.search.words import UNIT_FIELDS
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

PACKAGE = Path(__file__).resolve().parents[3]
FILES: dict[str, str | bytes] = {
    "a_binary": b"\0\1\2 walrus" * 500,  # the largest is read and numbered first, the smallest last
    "src/cart.py": "from src.money import round_half_up\n\n\ndef cart_total(items):\n    return round_half_up(items)\n",
    "src/money.py": "def round_half_up(price):\n    return price\n\n\ndef walrus(tusk):\n    return tusk\n",
    "src/penguin.py": "class Penguin:\n    def swim(self):\n        return walrus(1)\n",
    "tests/test_cart.py": "from src.cart import cart_total\n\n\ndef test_it():\n    assert cart_total(1) == 1\n",
    "z_binary": b"\0\1\2",
}
TASKS = (
    "walrus",
    "cart_total rounds wrongly, see src/money.py",
    "Penguins swim\n\n```\nPenguin().swim()\n```\n",
    "购物车",
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learned repository beside its cache. Not to be changed."""
    folder = tmp_path_factory.mktemp("search")
    made = Made(folder / "zoo")
    made.commit("Carts and money", {k: v for k, v in FILES.items() if "penguin" not in k})
    made.commit("Penguins swim like a walrus", {"src/penguin.py": FILES["src/penguin.py"]})
    made.commit("Copy", {"copy/money.py": FILES["src/money.py"]})
    Repository.open(made.root, cache=folder / "cache").sleep()
    return folder / "cache"


@pytest.fixture(scope="module")
def repository(cache: Path) -> Repository:
    return Repository.open(cache.parent / "zoo", cache=cache)


@pytest.fixture(scope="module")
def index(repository: Repository) -> Index:
    return repository.reader.index


def signal(index: Index, name: str, text: str) -> dict[str, float]:
    """Return what one signal says of each file, without those of which it says nothing."""
    found = index.signals(task.read(text))
    row = found.values[found.names.index(name)]
    return {path: round(float(v), 3) for path, v in zip(index.paths, row.tolist(), strict=True) if v}


def test_words_score_the_files_that_hold_them(index: Index) -> None:
    assert set(signal(index, "words all", "walrus")) == {"src/money.py", "copy/money.py", "src/penguin.py"}


def test_a_file_is_as_good_as_its_best_function(index: Index) -> None:
    scores = signal(index, "unit all", "walrus")

    assert scores["src/money.py"] == scores["copy/money.py"] == 1
    assert 0 < scores["src/penguin.py"] < 1
    assert set(scores) == {"src/money.py", "copy/money.py", "src/penguin.py"}


def test_files_without_text_score_nothing_and_take_nothing_from_their_neighbours(index: Index) -> None:
    for text in TASKS:
        for name in ("words all", "unit all", "unit title", "units"):
            assert {"a_binary", "z_binary"}.isdisjoint(signal(index, name, text)), (text, name)
    assert set(signal(index, "unit all", "tusk")) == {"src/money.py", "copy/money.py"}
    assert set(signal(index, "unit all", "test_it")) == {"tests/test_cart.py"}


def test_a_path_that_is_named_outweighs_one_that_only_shares_its_ending(index: Index) -> None:
    scores = signal(index, "path named", "see src/money.py")

    assert scores == {"src/money.py": 1.0}
    assert set(signal(index, "path named", "see money.py")) == {"src/money.py", "copy/money.py"}
    assert signal(index, "path named", "see other/none.py") == {}


def test_the_part_that_a_title_begins_with_is_a_folder_or_a_file(index: Index) -> None:
    assert set(signal(index, "scope", "fix(cart): round")) == {"src/cart.py"}
    assert set(signal(index, "scope", "tests: round")) == {"tests/test_cart.py"}
    assert set(signal(index, "words pairs", "The cart total is wrong")) == {"src/cart.py", "tests/test_cart.py"}


def test_a_title_that_begins_with_the_name_of_a_source_file_names_it(index: Index) -> None:
    assert signal(index, "path named", "cart: the total is wrong") == {"src/cart.py": 1.0}
    assert signal(index, "path named", "fix(cart): round") == {}
    assert signal(index, "path named", "the cart: its total is wrong") == {}


def test_a_dotted_name_means_the_module_of_its_longest_beginning(index: Index) -> None:
    assert signal(index, "module named", "src.cart.cart_total fails") == {"src/cart.py": 1.0}


def test_a_name_scores_the_file_that_defines_it(index: Index) -> None:
    assert set(signal(index, "defines prose", "cart_total is wrong")) == {"src/cart.py"}
    assert set(signal(index, "defines code", "It is wrong\n\n```\ncart_total(1)\n```")) == {"src/cart.py"}


def test_the_last_frame_of_a_stack_weighs_most(index: Index) -> None:
    trace = 'It fails\n\nFile "/app/src/cart.py", line 5, in sum\nFile "/app/src/money.py", line 2, in round_half_up\n'

    assert signal(index, "frame", trace) == {"src/cart.py": 0.5, "src/money.py": 1.0}


def test_commits_in_like_words_score_what_they_touched(index: Index) -> None:
    assert set(signal(index, "commits", "penguins")) == {"src/penguin.py"}


def test_neighbours_are_those_that_use_or_are_used(index: Index) -> None:
    assert "src/money.py" in signal(index, "uses", "cart_total")
    assert "tests/test_cart.py" in signal(index, "used by", "cart_total")


def test_what_changes_with_a_file_is_told_by_history_uses_and_names(index: Index) -> None:
    rows = index.companions.of(index.paths.index("src/money.py"))

    found = {
        name: {path for path, value in zip(index.paths, row.tolist(), strict=True) if value}
        for name, row in zip(companions.NAMES, rows, strict=True)
    }
    assert found["first"] == {"src/money.py"}
    assert found["changed with first"] == {"a_binary", "src/cart.py", "tests/test_cart.py", "z_binary"}
    assert "src/cart.py" in found["uses first"] - found["used by first"]
    assert (found["named as first"], found["twin of first"]) == ({"copy/money.py"}, set())
    assert found["beside first"] == {"src/cart.py", "src/penguin.py"}
    assert ((rows >= 0) & (rows <= 1)).all()


def test_a_task_of_no_known_word_says_nothing_of_any_file(index: Index) -> None:
    found = index.signals(task.read("xyzzy plugh"))
    spoken = [n for n, name in enumerate(found.names) if not name.startswith(("is ", "churn", "length"))]

    assert not found.values[spoken].any()
    assert found.defined == {}


@given(st.lists(st.sampled_from([*" ".join(TASKS).split(), "src/cart.py", "the", "\n", "`walrus`"]), max_size=12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_signal_is_a_share_of_its_best_and_the_same_twice(index: Index, words: list[str]) -> None:
    asked = task.read(" ".join(words))

    one, two = index.signals(asked), index.signals(asked)

    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.units, two.units)
    assert one.values.shape == (len(one.names), index.size)
    assert one.units.shape == (len(UNIT_FIELDS), len(index.unit_blob))
    assert np.isfinite(one.values).all()
    assert (one.values >= 0).all()
    assert (one.values <= 1).all()


def test_the_same_task_gives_the_same_bytes_in_every_process(cache: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path; from noctule.indexer.serve.repository import Repository\n"
        "repository = Repository.open(Path(sys.argv[1]) / 'zoo', cache=Path(sys.argv[1]) / 'cache')\n"
        "for text in json.loads(sys.argv[2]):\n"
        "    pack = repository.context(text).to_json(); del pack['elapsed_ms']; print(json.dumps(pack))\n"
    )
    command = [sys.executable, "-c", code, str(cache.parent), json.dumps(TASKS)]

    said = {
        subprocess.run(
            command, cwd=PACKAGE, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("0", "1", "2")
    }

    assert len(said) == 1
    assert len(said.pop().splitlines()) == len(TASKS)


def test_two_stores_that_were_learned_in_another_order_answer_alike(cache: Path, tmp_path: Path) -> None:
    zoo = cache.parent / "zoo"
    for revision in ("HEAD~2", "HEAD~1"):
        Repository.open(zoo, at=revision, cache=tmp_path).sleep()
    Repository.open(zoo, cache=tmp_path).sleep()

    for text in TASKS:
        one, other = (Repository.open(zoo, cache=c).reader.index.signals(task.read(text)) for c in (cache, tmp_path))
        assert one.names == other.names
        assert np.array_equal(one.values, other.values)
        assert one.defined == other.defined


def test_of_a_very_long_task_the_heaviest_words_count(index: Index) -> None:
    noise = " ".join(f"unheard{n}of" for n in range(8000))

    scores = signal(index, "words all", f"walrus\n\n{noise}\n\ntusk tusk tusk")

    assert max(scores, key=scores.__getitem__) in ("src/money.py", "copy/money.py")
    assert signal(index, "commits", f"penguins\n\n{noise}") == signal(index, "commits", "penguins")


@pytest.mark.parametrize("most_at_once", [words.MOST_AT_ONCE, 20])
def test_a_word_is_worth_the_same_asked_alone_and_among_others(
    cache: Path, monkeypatch: pytest.MonkeyPatch, most_at_once: int
) -> None:
    monkeypatch.setattr(words, "MOST_AT_ONCE", most_at_once)
    asked = ("walrus", "penguin", "cart", "total", "test", "item", "nobody", "swim", "round")
    one_by_one, together = (Repository.open(cache.parent / "zoo", cache=cache).reader.index for _ in range(2))

    alone = {word: posting for name in asked for word, posting in one_by_one.postings([name]).items()}

    found = together.postings(asked)
    assert list(found) == [word for word in asked if word != "nobody"]
    assert {word: [part.tolist() for part in one] for word, one in found.items()} == {
        word: [part.tolist() for part in one] for word, one in alone.items()
    }


def test_each_worth_of_equal_places_is_added_in_its_turn() -> None:
    places = [np.array([0, 2]), np.array([2]), np.array([1, 2])]
    worth, gains = [0.1, 1e8, 3.0], [np.array([1.0, 2.0]), np.array([1.0]), np.array([0.5, 0.25])]
    in_turn, at_once = np.zeros(3, np.float32), np.zeros(3, np.float32)
    for where, value, gain in zip(places, worth, gains, strict=True):
        in_turn[where] += value * gain.astype(np.float32)

    add_each(at_once, places, worth, [gain.astype(np.float32) for gain in gains])

    assert at_once.tolist() == in_turn.tolist()
