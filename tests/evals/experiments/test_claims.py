"""Notes served at later commits, judged by git and not by the code that served them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.evals.experiments import claim_decay as health
from noctule.evals.experiments.use_oracles import ResolvedUses, ScipUses
from noctule.evals.report.claims import NUMBERS, OTHER, SAME, follow_claims
from noctule.evals.report.scored import Scored
from noctule.evals.run_folder import CLAIMS, Results, Row, Run
from noctule.evals.scorers.claims import (
    MOVED,
    NEEDLESS,
    REFUTED,
    REWORDED,
    STALE,
    SUPPORTED,
    WITHHELD,
    WRONG,
    Judge,
    fates,
    unwritten,
)
from noctule.evals.scorers.relations import Ignorance
from noctule.evals.solvers.answer import SolverAnswer
from noctule.evals.tasks.worktree import WorkTree
from noctule.indexer.errors import GitError, RepositoryError
from noctule.indexer.files.git import discover
from noctule.indexer.results import Claim, Evidence
from tests.evals.conftest import BASKET, Ran
from tests.repositories import Repository
from tests.scip_index import index_words

Evaluate = Callable[..., Ran]

FILES = {
    ("then", "a.py"): ["import b", "b.run()", "x = 1"],
    ("now", "a.py"): ["# new", "import b", "b.walk()", "x = 1"],
    ("then", "b.py"): ["def run(): ..."],
    ("now", "b.py"): ["def run(): ..."],
    ("then", "gone.py"): ["import b"],
}
JUDGE = Judge(
    lambda commit, path: FILES.get((commit, path)),
    lambda commit: frozenset({"b.py"} if commit in {"c1", "elsewhere"} else {"z.py"}),
    lambda commit, of: (commit, of) not in {("later", "then"), ("elsewhere", "now")},
)


def claim(*evidence: Evidence, text: str = "Used by a.py.", kind: str = "dependents") -> Claim:
    return Claim(text, "b.py", kind, evidence)


def line(path: str, start: int, moved_from: int | None = None, end: int | None = None) -> Evidence:
    return Evidence(path, start, end or start, "", (), moved_from)


@pytest.mark.parametrize(
    ("written", "served", "fate"),
    [
        (line("b.py", 1), line("b.py", 1), SUPPORTED),
        (line("a.py", 1), line("a.py", 2, moved_from=1), MOVED),
        (line("a.py", 1), line("a.py", 1), STALE),
        (line("a.py", 1), line("a.py", 3, moved_from=1), STALE),
        (line("a.py", 2), line("a.py", 3, moved_from=2), STALE),
        (line("a.py", 3), line("a.py", 9, moved_from=3), STALE),
        (line("gone.py", 1), line("gone.py", 1), STALE),
        (line("a.py", 2), None, WITHHELD),
        (line("a.py", 1, end=2), None, WITHHELD),
        (line("gone.py", 1), None, WITHHELD),
        (line("a.py", 1), None, NEEDLESS),
        (line("a.py", 7), line("a.py", 1), WRONG),
        (line("a.py", 3), line("a.py", 4, moved_from=3), WRONG),  # "x = 1" has no word of the claim
        (Evidence("gone.py", None, None, None), Evidence("gone.py", None, None, None), STALE),
        (Evidence(None, None, None, None, ("c1",)), Evidence(None, None, None, None, ("c1",)), SUPPORTED),
        (Evidence(None, None, None, None, ("c2",)), Evidence(None, None, None, None, ("c2",)), WRONG),
        (Evidence(None, None, None, None, ("later",)), None, WRONG),
        (Evidence(None, None, None, None, ("c1", "c2")), None, WRONG),  # one of them touched nothing of it
        (
            Evidence(None, None, None, None, ("elsewhere",)),
            Evidence(None, None, None, None, ("elsewhere",)),
            STALE,  # the branch that is looked at does not have the commit
        ),
        (Evidence(None, None, None, None, ("elsewhere",)), None, WITHHELD),
    ],
)
def test_a_fate_is_what_the_commits_say(written: Evidence, served: Evidence | None, fate: str) -> None:
    text = "x stands in b.py" if written.start_line == 3 and fate == STALE else "Used by a.py: import of b, run."
    before, after = claim(written, text=text), [claim(served, text=text)] if served is not None else []

    assert fates(JUDGE, [before], after, "then", "now") == [fate]


class Uses:
    """Knows the lines of a.py that use what b.py defines, at two commits."""

    def __init__(self, **lines: set[int] | None) -> None:
        self.lines = lines

    def find_uses(self, commit: str, subject: str, path: str) -> set[int] | None:
        return self.lines[commit] if subject in {"b.py", "b.py:run"} and path == "a.py" else None


@pytest.mark.parametrize(
    ("then", "now", "fate"),
    [
        ({2}, {3}, SUPPORTED),
        ({2}, set(), REFUTED),
        ({2}, None, SUPPORTED),
        (set(), {3}, WRONG),
        ({1}, {3}, WRONG),
        (None, {3}, WRONG),  # nobody knows, and no word of "x = 1" is in the claim
    ],
)
def test_an_oracle_says_whether_a_line_is_a_use(then: set[int] | None, now: set[int] | None, fate: str) -> None:
    judge = replace(JUDGE, oracle=Uses(then=then, now=now), lines=lambda _commit, _path: ["import b", "x = 1", "x = 1"])
    told = replace(claim(line("a.py", 2), text="Used by a.py.", kind="users"), subject="b.py:run")
    again = replace(told, evidence=(line("a.py", 3, moved_from=2),))

    found = fates(judge, [told], [again], "then", "now")

    assert found == [MOVED if fate == SUPPORTED else fate]


@pytest.mark.parametrize(
    ("kind", "text", "right"),
    [
        ("dependents", "Used by 5 files and 2 tests.", False),
        ("tests", "Tested by a.py: same name, uses it.", False),
        ("tests", "Tested by a.py: same name, changed in 3 of the last 9 commits to this file, import.", True),
    ],
)
def test_uses_of_a_file_are_judged_as_those_of_a_symbol(kind: str, text: str, right: bool) -> None:
    told = claim(line("a.py", 1), text=text, kind=kind)

    assert replace(JUDGE, oracle=Uses(then=set())).was_right(told, "then") is right
    assert replace(JUDGE, oracle=Uses(then={1})).was_right(told, "then")


def test_what_is_no_relation_is_judged_by_words() -> None:
    judge = replace(JUDGE, oracle=Uses(then=set(), now=set()))
    told = replace(claim(line("a.py", 2), text="Not used outside this file (run).", kind="users"), subject="b.py:run")

    assert judge.was_right(told, "then")


def test_uses_at_a_commit_are_resolved_or_read_from_an_index_that_fits(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "yard")
    ship = "class Ship:\n    def unmoor(self): ...\n"
    crew = "def crew(vessel):\n    vessel.unmoor()\n"
    made = repository.commit(
        "Begin", {"ship.py": ship, "crew.py": crew, "own.py": "import ship\n\nship.Ship().unmoor()\n"}
    )
    symbols = {"unmoor": "s python p 1 ship/Ship#unmoor()."}
    index = tmp_path / "made.scip"
    index.write_bytes(index_words(repository.root, symbols, ["ship.py", "crew.py"]))
    later = repository.commit("Later", {"crew.py": "\n\n" + crew})
    place = discover(repository.root)
    assert place is not None
    resolved, indexed = ResolvedUses(place, tmp_path / "one"), ScipUses(place, tmp_path / "two", index)
    subject = "ship.py:Ship.unmoor"

    found = {
        (name, path): oracle.find_uses(made, subject, path)
        for name, oracle in (("resolved", resolved), ("indexed", indexed))
        for path in ("crew.py", "own.py", "gone.py")
    }
    of_file = resolved.find_uses(made, "ship.py", "own.py")
    then = indexed.find_uses(later, subject, "crew.py")
    resolved.close()
    indexed.close()

    assert found == {
        ("resolved", "crew.py"): set(),
        ("resolved", "own.py"): {3},
        ("resolved", "gone.py"): None,
        ("indexed", "crew.py"): {2},
        ("indexed", "own.py"): None,
        ("indexed", "gone.py"): None,
    }
    assert then is None
    assert of_file == {1, 3}


def test_a_claim_in_other_words_is_judged_by_what_is_served() -> None:
    before, after = claim(line("a.py", 1)), claim(line("a.py", 1), text="Used by 2 files.")

    assert fates(JUDGE, [before], [after], "then", "now") == [REWORDED, STALE]
    assert unwritten([before], [after]) == [after]


def test_a_claim_about_what_is_gone_is_withheld_rightly() -> None:
    about = replace(claim(line("b.py", 1)), subject="gone.py:run")

    assert fates(JUDGE, [about], [], "then", "now") == [WITHHELD]


def test_what_a_new_sleep_no_longer_says_was_withheld_rightly(tmp_path: Path) -> None:
    def row(text: str, fate: str) -> dict[str, object]:
        return {"subject": "a.py", "kind": "users", "text": text, "fate": fate, "written": True}

    texts = ("Used by 2 files.", "Used by b.py.", "Used by 3 files, chiefly in c.")
    rows = [row(texts[0], NEEDLESS), row(texts[1], NEEDLESS), row(texts[0], SUPPORTED), row(texts[2], SUPPORTED)]
    with Run(tmp_path, {"kind": "claims"}, "noctule eval claims") as run:
        for task, detail in (
            ("old", {"written": [], "served": [{"at": "new", "commits": 5, "claims": rows}]}),
            ("new", {"written": [["a.py", "users", "Used by b.py."], ["a.py", "users", "Used by 9 files."]]}),
        ):
            run.add(Row(task, CLAIMS, "ok", answer=SolverAnswer(detail=detail).to_json()))

    found = [(c.fate, c.again) for c in follow_claims(Scored(Results.read(tmp_path)))]

    assert found == [(WITHHELD, NUMBERS), (NEEDLESS, SAME), (SUPPORTED, NUMBERS), (SUPPORTED, OTHER)]


@pytest.fixture
def moving(tmp_path: Path) -> Repository:
    """A line that is moved, one that is changed, and one whose file goes, each after notes were written."""
    repository = Repository(tmp_path / "moving")
    use = "from shop.basket import Basket\n\nmine = Basket()\n"
    repository.commit(
        "Begin",
        {
            "shop/__init__.py": "",
            "shop/basket.py": BASKET,
            "shop/price.py": "RATES = {}\n\n\ndef discounted(amount, rate):\n    return amount\n",
            **{f"shop/{name}.py": use for name in ("moved", "changed", "removed", "kept")},
        },
    )
    repository.commit("Move a line down", {"shop/moved.py": "# A comment\n\n" + use})
    repository.commit("Change the line", {"shop/changed.py": "import shop.basket\n\nmine = shop.basket.Basket()\n"})
    repository.git("rm", "-q", "shop/removed.py")
    repository.commit("Remove a file")
    repository.commit("Say something", {"README.md": "# Shop\n"})
    return repository


def test_claims_are_followed_over_history(evaluate: Evaluate, moving: Repository, tmp_path: Path) -> None:
    ran = evaluate("claims", moving.root, "--out", tmp_path / "run")
    evaluate("report", tmp_path / "run")

    results = Results.read(tmp_path / "run")
    claims = follow_claims(Scored(results))
    found = {c.fate for c in claims}
    assert not results.failed
    assert found >= {SUPPORTED, MOVED}
    assert not found & {STALE, REFUTED, WRONG}
    assert {c.commits for c in claims} == {-4, -3, -2, -1, 1, 2, 3, 4}
    assert {c.again for c in claims} >= {SAME, NUMBERS}
    assert (
        ran.said.count("Stale but served (must be 0): 0. Served though no longer true: 0. Wrong when written: 0.") == 2
    )
    page = (tmp_path / "run/report.md").read_text()
    assert "By commits since the notes were written" in page
    assert "Stale but served, and wrong" not in page


def test_a_judge_of_its_own_finds_what_a_liar_serves(moving: Repository) -> None:
    place = discover(moving.root)
    assert place is not None
    judge = health.make_judge(place, Ignorance())
    first, last = moving.git("rev-list", "--max-parents=0", "HEAD"), moving.git("rev-parse", "HEAD")
    importing = Claim("Used by shop/moved.py.", "shop/basket.py", "dependents", (line("shop/moved.py", 1),))
    followed_to = replace(importing, evidence=(line("shop/moved.py", 3, moved_from=1),))

    assert fates(judge, [importing], [followed_to], first, last) == [MOVED]
    assert fates(judge, [importing], [importing], first, last) == [STALE]


def test_a_second_call_follows_nothing_again(evaluate: Evaluate, moving: Repository, tmp_path: Path) -> None:
    evaluate("claims", moving.root, "--last", 2, "--out", tmp_path / "run")
    before = (tmp_path / "run/results.jsonl").read_bytes()

    evaluate("claims", moving.root, "--last", 2, "--out", tmp_path / "run")

    assert (tmp_path / "run/results.jsonl").read_bytes() == before
    assert {json.loads(row)["status"] for row in before.splitlines()} == {"ok"}


def test_a_single_commit_has_nothing_to_follow(evaluate: Evaluate, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit("Begin", {"a.py": "x = 1\n"})

    with pytest.raises(RepositoryError, match="single commit"):
        evaluate("claims", repository.root, "--out", tmp_path / "run")


def test_a_work_tree_of_ones_own_has_the_files_and_no_later_name(moving: Repository, tmp_path: Path) -> None:
    moving.git("config", "core.hooksPath", str(tmp_path))
    hook = tmp_path / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    before = {p: p.stat().st_mtime_ns for p in moving.root.rglob("*")}
    place = discover(moving.root)
    assert place is not None
    first, last = moving.git("rev-list", "--max-parents=0", "HEAD"), moving.git("rev-parse", "HEAD")

    with WorkTree(place) as tree:
        tree.check_out(last)
        tree.check_out(first)
        there = {p.name for p in (tree.path / "shop").iterdir()}
        refs = list((tree.path / ".git/refs").rglob("*"))
        with pytest.raises(GitError, match="checkout failed"):
            tree.check_out("0" * 40)

    assert there == {"__init__.py", "basket.py", "price.py", "moved.py", "changed.py", "removed.py", "kept.py"}
    assert [r for r in refs if r.is_file()] == []
    assert not (tmp_path / "ran").exists()
    assert not tree.path.exists()
    assert {p: p.stat().st_mtime_ns for p in moving.root.rglob("*")} == before
