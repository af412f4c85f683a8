"""A repository of whose history something is missing is learned all the same, and says what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noctule.indexer.reports import SleepReport, Status
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

TASK = "cart_total rounds wrongly"


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "shop")
    prices = [f"PRICE_{n} = {n}\n" for n in range(100)]
    made.commit("A shop", {"cart.py": "def cart_total(items):\n    return 0\n", "prices.py": "".join(prices)})
    (made.root / "prices.py").unlink()
    made.commit("Move the prices", {"goods.py": "".join([*prices, "PRICE = 1\n"])})
    for n in range(1, 4):
        made.commit(f"Round the total {n}", {"cart.py": f"def cart_total(items):\n    return {n}\n"})
    return made


def slept(root: Path, cache: Path) -> tuple[SleepReport, Status, str]:
    """Learn a repository; return the report, the status and the first file of an answer."""
    repository = Repository.open(root, cache=cache)
    try:
        report = repository.sleep()
        return report, repository.status(), repository.context(TASK).files[0].path
    finally:
        repository.close()


@pytest.mark.parametrize(
    ("lost", "commits", "gap"),
    [
        ("HEAD~4:prices.py", 5, "1 commit with exact renames only"),
        ("HEAD~2^{tree}", 5, "2 commits without their files"),
        ("HEAD~2", 2, "1 commit without their files"),
        ("HEAD^{tree}", 5, "1 commit without their files"),
    ],
    ids=["a blob", "a tree", "a commit", "the newest tree"],
)
def test_what_is_missing_of_history_costs_no_file(
    made: Made, tmp_path: Path, lost: str, commits: int, gap: str
) -> None:
    oid = made.git("rev-parse", lost)
    loose = made.root / ".git/objects" / oid[:2] / oid[2:]
    kept = loose.read_bytes()
    loose.chmod(0o600)
    loose.unlink()

    report, status, first = slept(made.root, tmp_path / "cache")

    assert report.complete
    assert first == "cart.py"
    assert status.commits == commits
    assert [gap in said for said in status.history_gaps] == [True]

    loose.write_bytes(kept)
    made.git("gc", "-q")
    _, status, _ = slept(made.root, tmp_path / "cache")

    assert status.commits == 5
    assert status.history_gaps == ()


def test_a_clone_without_trees_is_learned_and_fetches_nothing(made: Made, tmp_path: Path) -> None:
    made.git("config", "uploadpack.allowFilter", "true")
    made.git("clone", "-q", "--filter=tree:0", f"file://{made.root}", str(tmp_path / "thin"))
    packs = sorted(path.name for path in (tmp_path / "thin/.git/objects/pack").iterdir())

    _, status, first = slept(tmp_path / "thin", tmp_path / "cache")

    assert first == "cart.py"
    assert status.commits == 5
    assert any("5 commits without their files" in said for said in status.history_gaps)
    assert sorted(path.name for path in (tmp_path / "thin/.git/objects/pack").iterdir()) == packs


def deepen(clone: Made) -> None:
    clone.git("fetch", "-q", "--deepen", "1")


def unshallow(clone: Made) -> None:
    clone.git("fetch", "-q", "--unshallow")


def cut_off(clone: Made) -> None:
    clone.git("fetch", "-q", "--depth", "1")


@pytest.mark.parametrize(("fetch", "commits"), [(deepen, 3), (unshallow, 5), (cut_off, 1)])
def test_history_that_is_cut_elsewhere_is_read_anew(
    made: Made, tmp_path: Path, fetch: Callable[[Made], None], commits: int
) -> None:
    made.git("clone", "-q", "--depth", "2", f"file://{made.root}", str(tmp_path / "short"))
    clone = Made(tmp_path / "short")
    _, status, _ = slept(clone.root, tmp_path / "cache")
    assert status.commits == 2

    fetch(clone)
    _, status, _ = slept(clone.root, tmp_path / "cache")
    report, _, _ = slept(clone.root, tmp_path / "cache")

    assert status.commits == commits
    assert any("shallow" in said for said in status.history_gaps) == (commits < 5)
    assert (report.commits_read, report.commits_known) == (0, commits)


def test_a_graft_is_followed(made: Made, tmp_path: Path) -> None:
    slept(made.root, tmp_path / "cache")
    (made.root / ".git/info").mkdir(exist_ok=True)
    (made.root / ".git/info/grafts").write_text(f"{made.git('rev-parse', 'HEAD~1')}\n")

    _, status, _ = slept(made.root, tmp_path / "cache")

    assert status.commits == 2
