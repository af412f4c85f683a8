"""When a repository ranks with weights of its own: only where its later past agrees, and never before it could know."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.git import discover
from noctule.indexer.history import codec as commits
from noctule.indexer.history.history import History
from noctule.indexer.learn import tuning
from noctule.indexer.learn import validate as judging
from noctule.indexer.learn.past_rankings import FOLDER, moments
from noctule.indexer.learn.tuning import Tuning, tune
from noctule.indexer.learn.validate import Outcome
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.results import Progress
from noctule.indexer.search import fit as softmax
from noctule.indexer.search.fit import Choice, Doubles
from noctule.indexer.search.ranking import FILE_WEIGHTS
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

TOPICS = "harbor lantern meadow orchard pebble quarry ribbon saddle timber velvet walnut zephyr".split()
HOT = ("core/engine.py", "core/pipeline.py")


def quiet(deadline: float | None = None) -> Work:
    def say_nothing(_progress: Progress) -> None:
        pass

    return Work(say_nothing, deadline)


def make_past(root: Path, changes: int) -> Made:
    """Make a repository whose messages speak of one file and whose changes are in another: words mislead here."""
    made = Made(root)
    files: dict[str, str | bytes] = {
        f"topics/{topic}.py": f"def about_{topic}():\n    return '{topic} {topic}'\n" for topic in TOPICS
    }
    files |= dict.fromkeys(HOT, "def run():\n    return 0\n")
    made.commit("Begin with everything", files)
    stream: list[bytes] = []
    for number in range(changes):
        topic, other = TOPICS[number % len(TOPICS)], TOPICS[(5 * number + 3) % len(TOPICS)]
        message = f"Let the {topic} wait for the {other} when both are late\n".encode()
        body = f"def run():\n    return {number + 1}\n".encode()
        made.clock += 60
        stream += [
            b"commit refs/heads/main\n",
            f"committer Ada <ada@example.org> {made.clock} +0000\n".encode(),
            b"data %d\n%s" % (len(message), message),
            b"from refs/heads/main^0\n" if number == 0 else b"",
            b"M 100644 inline %s\ndata %d\n%s\n" % (HOT[number % 2].encode(), len(body), body),
        ]
    made.git("fast-import", "--quiet", input=b"".join(stream))
    made.git("reset", "--hard", "-q", "main")
    return made


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Tuning]:
    """A repository, its cache, and what its tuning came to."""
    root, cache = tmp_path_factory.mktemp("past"), tmp_path_factory.mktemp("cache")
    made = make_past(root, 160)
    made.git("branch", "tuned")
    repository = Repository.open(root, cache=cache)
    repository.sleep()
    return root, cache, tune(repository, quiet())


@pytest.fixture
def past(tuned: tuple[Path, Path, Tuning], tmp_path: Path) -> tuple[Made, Path]:
    """The tuned repository, to be changed at will, with its own copy of the store."""
    root, cache, _ = tuned
    made = Made.__new__(Made)
    made.root, made.clock = tmp_path / "past", 1_800_000_000
    shutil.copytree(root, made.root)
    mine = Repository.open(made.root, cache=tmp_path / "cache").folder
    shutil.copytree(Repository.open(root, cache=cache).folder, mine)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    return made, tmp_path / "cache"


TASK = "Let the quarry wait for the walnut when both are late"


def served(root: Path, cache: Path, at: str | None = None) -> bool:
    """Say whether a repository ranks with weights of its own, as status tells and as the order of its files shows."""
    repository = Repository.open(root, at=at, cache=cache)
    repository.sleep()
    own = bool(repository.status().ranking.get("own"))
    score = repository.context(TASK).files[0].score
    repository.refresh()
    return own and score != pytest.approx(shared_score(root, at))


def shared_score(root: Path, at: str | None) -> float:
    """Return what the first file scores where nothing was ever tuned."""
    cache = root.parent / "untuned"
    repository = Repository.open(root, at=at, cache=cache)
    repository.sleep()
    score = repository.context(TASK).files[0].score
    repository.refresh()
    return score


def test_a_past_that_disagrees_with_the_shared_weights_gets_its_own(tuned: tuple[Path, Path, Tuning]) -> None:
    _, _, told = tuned

    assert (told.tasks, told.judged, told.why) == (160, 60, "")
    assert told.is_better
    assert told.least_gain > 0
    assert told.acc5[1] >= told.acc5[0]
    assert told.mrr[1] > told.mrr[0]
    assert told.weights["churn 100"] > FILE_WEIGHTS["churn 100"]


def test_own_weights_are_served_at_the_commit_they_were_fitted_at_and_later(past: tuple[Made, Path]) -> None:
    made, cache = past
    assert served(made.root, cache)

    made.commit("Something quite different", {"topics/amber.py": "x = 1\n"})

    assert served(made.root, cache)


def test_an_earlier_or_another_line_of_history_never_sees_weights_that_were_fitted_later(
    past: tuple[Made, Path],
) -> None:
    made, cache = past
    made.git("checkout", "-q", "-b", "aside", "main~1")
    made.commit("Go another way", {"topics/amber.py": "x = 1\n"})

    assert not served(made.root, cache)
    assert not served(made.root, cache, at="main~1")
    assert served(made.root, cache, at="main")


def test_weights_fitted_around_other_shared_weights_are_not_served(tuned: tuple[Path, Path, Tuning]) -> None:
    _, _, told = tuned
    others = {**FILE_WEIGHTS, "path": 7.0}

    assert tuning.in_force(told, FILE_WEIGHTS) == told.weights
    assert tuning.in_force(told, others) == others
    assert tuning.in_force(None, FILE_WEIGHTS) == FILE_WEIGHTS


def test_tuning_leaves_nothing_in_the_store_but_the_outcome(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 110)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    tables = ("blob", "definition", "posting", "view", "part")
    before = [counted(repository, table) for table in tables]

    tune(repository, quiet())

    assert [counted(repository, table) for table in tables] == before
    assert not (repository.folder / FOLDER).exists()


def counted(repository: Repository, table: str) -> int:
    store = repository.open_store()
    assert store is not None
    try:
        return store.count(table)
    finally:
        store.close()


def test_a_tuning_that_is_cut_off_leaves_everything_as_it_was(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 110)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()

    with pytest.raises(OutOfTime):
        tune(repository, quiet(deadline=time.monotonic()))

    assert repository.status().ranking == {}
    assert not (repository.folder / FOLDER).exists()


def test_what_a_killed_tuning_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 110)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    (repository.folder / FOLDER).mkdir()
    (repository.folder / FOLDER / "store.db").write_bytes(b"half a copy")

    assert tune(repository, quiet()).judged > 0


def test_a_short_past_is_told_and_not_tuned_on(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 5)
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()

    told = tune(repository, quiet())

    assert (told.tasks, told.judged, told.weights) == (5, 0, {})
    assert told.why == "5 past changes make a task, 100 are needed"
    assert repository.status().ranking["own"] is False


def test_a_plain_folder_has_no_past_to_tune_on(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.py").write_text("x = 1\n")
    repository = Repository.open(tmp_path / "folder", cache=tmp_path / "cache")
    repository.sleep()

    assert tune(repository, quiet()).why == "there is no history to learn from"


def test_no_task_is_asked_at_a_revision_that_knows_it(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past", 40)
    for number in range(30):
        made.git("checkout", "-q", "-b", f"side{number}", f"HEAD~{number % 3}")
        made.commit(
            f"Teach the pebble to skip the saddle {number}", {f"topics/{TOPICS[number % 12]}.py": f"{number}\n"}
        )
        made.git("checkout", "-q", "main")
        made.clock += 60
        made.git("merge", "-q", "--no-ff", "-m", "Merge it", f"side{number}")
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    place = discover(made.root)
    assert place is not None

    found = moments(place, history_of(repository), 1000, quiet())

    assert sum(len(moment.asked) for moment in found) == 70
    for moment in found:
        known = set(made.git("rev-list", moment.base).split())
        assert not known & {commit.oid for commit in moment.asked}
    bases = [moment.base for moment in found]
    for earlier, later in pairwise(bases):
        made.git("merge-base", "--is-ancestor", earlier, later)


def history_of(repository: Repository) -> History:
    store = repository.open_store()
    assert store is not None
    shared = store.shared("history")
    store.close()
    assert shared is not None
    return commits.from_bytes(shared)


def test_the_newest_tuning_that_a_history_can_know_of_is_chosen(tuned: tuple[Path, Path, Tuning]) -> None:
    _, _, told = tuned
    first, second = replace(told, at="aaa"), replace(told, at="ccc", weights={}, why="it did not prove better")
    shared = json.dumps([asdict(second), asdict(first)]).encode()

    def chosen(*seen: str) -> Tuning | None:
        return tuning.read(tuning.part_of(shared, seen)[tuning.PART])

    assert chosen("aaa", "bbb") == first
    assert chosen("aaa", "bbb", "ccc", "ddd") == second
    assert chosen("bbb") is None
    assert tuning.part_of(None, ["aaa"]) == {tuning.PART: b""}


@pytest.mark.parametrize(
    ("before", "own", "why"),
    [
        (Outcome(-2, 1, 0.5), Outcome(-1, 1, 0.5), ""),
        (Outcome(-2, 1, 0.5), Outcome(-2, 1, 0.5), "adapted weights are not clearly better"),
        (Outcome(-2, 1, 0.5), Outcome(-1, 0, 0.5), "own weights put fewer changes wholly among the first 5"),
        (Outcome(-2, 1, 0.5), Outcome(-1, 1, 0.4), "adapted weights rank the right files lower"),
    ],
)
def test_own_weights_are_kept_only_where_nothing_speaks_against_them(before: Outcome, own: Outcome, why: str) -> None:
    assert judging.verdict([(before, own)] * 30).why == why


def test_a_gain_that_may_be_chance_is_none() -> None:
    pairs = [(Outcome(0, 1, 1), Outcome(likelihood, 1, 1)) for likelihood in (9.0, *[-0.2] * 29)]

    assert judging.verdict(pairs).gain > 0
    assert judging.verdict(pairs).why == "adapted weights are not clearly better"


def nothing() -> None:
    pass


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.floats(0.1, 1000))
def test_weights_stay_where_they_were_when_choices_say_nothing(around: list[float], pull: float) -> None:
    alike = Choice(np.ones((4, len(around)), np.float32), np.array([True, False, False, False]))

    found = softmax.fitted([alike] * 10, np.array(around), pull, nothing)

    assert found == pytest.approx(around, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(1, 300))
def test_a_fit_is_never_less_likely_than_where_it_began_and_goes_less_far_when_pulled_harder(
    seed: int, pull: float
) -> None:
    random = np.random.default_rng(seed)
    around = random.normal(size=4)
    choices = [Choice(random.random((12, 4), np.float32), np.arange(12) == random.integers(12)) for _ in range(20)]

    def likelihood(weights: Doubles) -> float:
        return sum(softmax.score(choice, weights).likelihood for choice in choices)

    near, nearer = (softmax.fitted(choices, around, p, nothing) for p in (pull, 10 * pull))

    assert likelihood(near) >= likelihood(around) - 1e-9
    assert np.linalg.norm(nearer - around) <= np.linalg.norm(near - around) + 1e-3
