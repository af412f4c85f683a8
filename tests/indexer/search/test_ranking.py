"""What the ranking makes of scores."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.indexer.search import ranking


def test_of_definitions_of_one_name_the_best_stays_where_it_is() -> None:
    scores = np.array([3.0, 2.9, 2.5, 1.0], np.float32)

    found = ranking.put_namesakes_after(scores, np.array([0, 0, 2, 0]))

    assert ranking.order(found) == [0, 2, 1, 3]


def test_the_first_files_share_their_probability() -> None:
    files, shares = ranking.first_files(np.array([0.0, -np.inf, np.log(3.0), np.log(4.0)], np.float32), 2)

    assert files == [3, 2]
    assert shares == pytest.approx([4 / 7, 3 / 7])
    assert ranking.first_files(np.array([-np.inf], np.float32), 2) == ([], [])
