"""Hints at forgotten files on a past whose answer is known: two files that always change together."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.evals.experiments.review import fit_weights, measure
from noctule.indexer.files.git import Git, discover
from noctule.indexer.history.history import History
from noctule.indexer.history.log import read
from noctule.indexer.review.companions import COLUMNS
from tests.indexer.review.past import write_past
from tests.repositories import Repository as Made


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    made = Made(tmp_path_factory.mktemp("past") / "repo")
    made.commit("Start", {"README.md": "Shop\n"})
    write_past(made, 240)
    place = discover(Path(made.root))
    assert place is not None
    return History.of(read(Git(place), "HEAD"))


def test_a_file_that_always_goes_along_is_found_and_nothing_else_is_named(history: History) -> None:
    outcome = measure(history, {}, 0.8)

    assert (outcome.recall, outcome.precision) == (1.0, 1.0)
    assert (outcome.plain_recall, outcome.plain_precision) == (1.0, 1.0)
    assert outcome.asked is not None
    assert (outcome.asked.recall, outcome.asked.alarms) == (1.0, 0.0)


def test_the_same_pasts_give_the_same_weights(history: History) -> None:
    weights, bias = fit_weights([(history, {})])

    assert len(weights) == len(COLUMNS)
    assert (weights, bias) == fit_weights([(history, {})])
