"""One churn and one rule for which commits tell that files belong together."""

from __future__ import annotations

import numpy as np

from noctule.indexer.history.counts import Grouping, churn, co_changes, describe_rule, gather, telling
from noctule.indexer.history.history import BOT, FIX, MASS_FILES, MERGE, RELEASE, Change, Commit, History


def commit(oid: str, *paths: str, parents: tuple[str, ...] = (), time: int = 0) -> Commit:
    return Commit(oid, parents, time, "ada@example.org", "Work", tuple(Change(path, "M") for path in paths))


def test_churn_halves_with_each_half_life_and_merges_do_not_age_it() -> None:
    history = History.of(
        [
            commit("a", "x", time=1),
            commit("b", "y", parents=("a",), time=2),
            commit("m", parents=("a", "b"), time=3),
            commit("c", "y", parents=("m",), time=4),
        ]
    )

    assert churn(history.files, history.ages[history.rows], 1, 2).tolist() == [0.25, 1.5]
    assert churn(history.files, history.ages[history.rows], 2, 2).tolist() == [0.5, 1 + 2**-0.5]


def test_merges_bots_releases_and_mass_commits_do_not_tell_what_belongs_together() -> None:
    flags, sizes = np.array([0, FIX, MERGE, BOT, 0, 0, RELEASE]), np.array([2, 1, 2, 2, MASS_FILES + 1, 0, 2])

    assert telling(flags, sizes).tolist() == [True, True, False, False, False, False, False]
    assert telling(flags, sizes, largest=1).tolist() == [False, True, False, False, False, False, False]


def test_a_rule_names_what_a_count_leaves_out_and_nothing_else() -> None:
    def rule(*commits: tuple[int, int]) -> str:
        return describe_rule(np.array([f for f, _ in commits], int), np.array([n for _, n in commits], int))

    assert rule() == rule((0, 2), (FIX, MASS_FILES), (MERGE, MASS_FILES + 1)) == ""
    assert rule((BOT, 2)) == "without bots"
    assert rule((BOT, 2), (RELEASE, 1), (0, 31)) == "without commits of more than 30 files, releases and bots"


def test_a_co_change_counts_each_commit_by_its_weight() -> None:
    offsets, files = np.array([0, 2, 2, 3, 5]), np.array([0, 1, 2, 0, 2])
    commits = np.array([0, 1, 3])

    changed, owners = gather(offsets, files, commits)

    assert changed.tolist() == [0, 1, 0, 2]
    assert owners.tolist() == [0, 0, 2, 2]
    assert co_changes(changed, owners, np.array([1.0, 1.0, 0.5]), 4).tolist() == [1.5, 1.0, 0.5, 0.0]


def test_grouped_values_are_found_where_they_stand() -> None:
    column = np.array([3, 0, 3, 1, 0], np.int32)

    grouping = Grouping.of(column, 5)

    found = [grouping.find(np.array(values, np.int64)).tolist() for values in ([3], [0, 3], [2], [4, 1], [])]
    assert found == [[0, 2], [0, 1, 2, 4], [], [3], []]
