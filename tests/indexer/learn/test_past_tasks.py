"""The newest past changes are asked at a commit that knows none of them."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.files.git import discover
from noctule.indexer.history import codec as commits
from noctule.indexer.history.history import History
from noctule.indexer.learn.past_tasks import newest_tasks
from noctule.indexer.progress import Work
from noctule.indexer.results import Progress
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

TOPICS = "harbor lantern meadow orchard pebble quarry ribbon saddle timber velvet walnut zephyr".split()


def say_nothing(_progress: Progress) -> None:
    pass


def make_past(root: Path) -> Made:
    """Make a repository of 40 changes on the main line and 30 that were merged into it."""
    made = Made(root)
    made.commit("Begin with everything", {f"topics/{topic}.py": "0\n" for topic in TOPICS} | {"core.py": "0\n"})
    for number in range(40):
        topic, other = TOPICS[number % len(TOPICS)], TOPICS[(5 * number + 3) % len(TOPICS)]
        made.commit(f"Let the {topic} wait for the {other}", {"core.py": f"{number + 1}\n"})
    for number in range(30):
        made.git("checkout", "-q", "-b", f"side{number}", f"HEAD~{number % 3}")
        made.commit(f"Teach the pebble to skip {number}", {f"topics/{TOPICS[number % 12]}.py": f"{number + 1}\n"})
        made.git("checkout", "-q", "main")
        made.clock += 60
        made.git("merge", "-q", "--no-ff", "-m", "Merge it", f"side{number}")
    return made


def history_of(repository: Repository) -> History:
    store = repository.open_store()
    assert store is not None
    shared = store.shared("history")
    store.close()
    assert shared is not None
    return commits.from_bytes(shared)


def test_no_task_is_asked_at_a_commit_that_knows_it(tmp_path: Path) -> None:
    made = make_past(tmp_path / "past")
    repository = Repository.open(made.root, cache=tmp_path / "cache")
    repository.sleep()
    place, history, work = discover(made.root), history_of(repository), Work(say_nothing, None)
    assert place is not None

    for most, expected in ((1, 1), (20, 20), (45, 45), (1000, 70)):
        newest = newest_tasks(place, history, most, work)

        assert newest is not None
        asked = [commit.oid for commit in newest.asked]
        assert len(asked) == expected
        assert not set(made.git("rev-list", newest.base).split()) & set(asked)
        made.git("merge-base", "--is-ancestor", newest.base, "HEAD")


def test_a_history_without_commits_has_no_tasks(tmp_path: Path) -> None:
    made = Made(tmp_path / "empty")
    place = discover(made.root)
    assert place is not None

    assert newest_tasks(place, History.empty(), 40, Work(say_nothing, None)) is None
