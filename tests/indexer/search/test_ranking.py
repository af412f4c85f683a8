"""What the ranking makes of scores."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.indexer.search import ranking


def test_of_definitions_of_one_name_the_best_stays_where_it_is() -> None:
    scores = np.array([3.0, 2.9, 2.5, 1.0], np.float32)

    found = ranking.put_namesakes_after(scores, np.array([0, 0, 2, 0]))

    assert ranking.order(found) == [0, 2, 1, 3]


def test_a_definition_is_placed_by_its_file_and_what_stands_beside_it() -> None:
    own = np.array([1.0, 1.0, 0.0, 2.0], np.float32)
    found = ranking.place_values(own, np.array([5, 5, 5, 3], np.float32), np.array([7, 7, 7, 2]))
    by_name = dict(zip(ranking.PLACES, found.tolist(), strict=True))

    assert by_name["own"] == own.tolist()
    assert by_name["file"] == [5, 5, 5, 3]
    assert by_name["rivals"] == pytest.approx([np.log(2 + np.exp(-1))] * 3 + [0])
    assert by_name["beside"] == pytest.approx([1, 1, 1, 0])  # the last file has one definition: nothing is beside it
    assert by_name["rank"] == pytest.approx([0, np.log(2), np.log(3), 0])
    assert ranking.place_values(own[:0], own[:0], np.empty(0, np.int64)).shape == (len(ranking.PLACES), 0)


def test_the_first_files_share_their_probability() -> None:
    files, shares = ranking.first_files(np.array([0.0, -np.inf, np.log(3.0), np.log(4.0)], np.float32), 2)

    assert files == [3, 2]
    assert shares == pytest.approx([4 / 7, 3 / 7])
    assert ranking.first_files(np.array([-np.inf], np.float32), 2) == ([], [])
