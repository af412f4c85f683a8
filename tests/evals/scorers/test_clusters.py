"""Statistics over clusters, on figures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from noctule.evals.scorers.clusters import Draws, ItemScore, compare, correct_by_holm, flip_signs
from noctule.evals.scorers.currencies import SleepPayoff, break_even, judge, longest_note, per_query
from noctule.evals.scorers.expected import cells, fifths, rank_correlation, slopes, without_length
from noctule.evals.scorers.frontier import ItemAnswer, compare_curves, needed
from noctule.evals.scorers.sampled import majority, pass_at_k


def scores(values: list[float], per_cluster: int = 1) -> dict[str, ItemScore]:
    return {f"{at:03}": ItemScore(f"{at:03}", f"c{at // per_cluster}", value) for at, value in enumerate(values)}


def test_variants_of_one_text_count_as_one() -> None:
    values = [float(at // 10 % 2) for at in range(100)]  # ten clusters of ten equal items
    single, grouped = (compare(scores(values, size), scores([0.0] * 100, size)) for size in (1, 10))

    assert single is not None
    assert grouped is not None
    assert single.difference.value == grouped.difference.value == 0.5
    widths = [(d.difference.high or 0) - (d.difference.low or 0) for d in (single, grouped)]
    assert widths[1] > 2.5 * widths[0]
    assert grouped.difference.clusters == 10
    assert grouped.p > 0.05 > single.p


def test_a_known_difference_is_covered_and_nothing_is_not_called_something() -> None:
    draw = np.random.default_rng(1)
    one, two = ([float(x) for x in draw.random(200) < share] for share in (0.8, 0.5))

    found, nothing = compare(scores(one), scores(two)), compare(scores(two), scores(two))

    assert found is not None
    assert nothing is not None
    assert found.difference.low is not None
    assert found.difference.high is not None
    assert found.difference.low < 0.3 < found.difference.high
    assert found.difference.excludes(0.0)
    assert nothing.p == 1.0
    assert not nothing.difference.excludes(0.0)
    assert compare(scores([1.0]), {}) is None


def test_rounding_is_no_saving() -> None:
    same = [ItemScore(str(at), str(at), 0.1 * (at + 1)) for at in range(9)]
    draws = Draws([score.cluster for score in same])
    costs = draws.means(same)

    even = judge(draws, np.full(len(costs), 205.0), np.exp(np.log(costs)) * (1 - 1e-15), costs)
    less = judge(draws, np.full(len(costs), 205.0), costs / 2, costs)

    assert even.verdict is SleepPayoff.NEVER
    assert even.queries is None
    assert less.verdict is SleepPayoff.PAYS
    assert less.queries is not None
    assert less.queries.value == pytest.approx(205 / 0.25)


def test_p_values_side_by_side_are_corrected() -> None:
    assert correct_by_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert flip_signs([0.0, 0.0]) == 1.0
    assert flip_signs([1.0] * 10) < 0.01
    assert flip_signs([1.0, -1.0] * 5) > 0.5


def curve(points: list[tuple[float, float]], items: int = 60) -> dict[str, list[ItemAnswer]]:
    return {
        str(at): [ItemAnswer(str(i), str(i), float(i < round(right * items)), cost) for i in range(items)]
        for at, (cost, right) in enumerate(points)
    }


def test_a_curve_that_needs_a_fifth_of_the_tokens_is_found_to() -> None:
    test = curve([(100, 0.25), (200, 0.5), (400, 0.75)])
    sleep = curve([(20, 0.25), (40, 0.5), (80, 0.75)])

    found = compare_curves(sleep, test)

    assert found is not None
    assert [round(ratio.value or 0, 3) for ratio in found.ratios.values()] == [0.2, 0.2, 0.2]
    assert found.area.value is None  # the curves have no common stretch
    near = compare_curves(curve([(100, 0.5), (400, 0.75)]), curve([(100, 0.25), (400, 0.5)]))
    assert near is not None
    assert near.area.value == pytest.approx(0.25)
    assert near.area.excludes(0.0)
    assert compare_curves(curve([(1, 1.0)]), test) is None


def test_tokens_at_equal_accuracy_lie_between_two_budgets_or_nowhere() -> None:
    costs, rights = np.array([[10.0, 1000.0]] * 3), np.array([[0.2, 0.6]] * 3)

    found = needed(costs, rights, np.array([0.4, 0.1, 0.7]))

    assert found[0] == pytest.approx(100.0)
    assert found[1] == pytest.approx(10.0)
    assert np.isnan(found[2])


def listed(values: list[float]) -> list[ItemScore]:
    return list(scores(values).values())


def test_break_even_is_a_number_only_where_it_can_be_told() -> None:
    ones = [1.0] * 20
    pays = break_even(listed([300.0] * 20), listed([20.0] * 20), listed([80.0] * 20), price=5)
    never = break_even(listed(ones), listed([90.0] * 20), listed([80.0] * 20))
    noise = [float(10 * (-1) ** at) + 50 for at in range(20)]
    unclear = break_even(listed(ones), listed([50.0] * 20), listed(noise))

    assert pays is not None
    assert pays.queries is not None
    assert (pays.verdict, pays.queries.value) == (SleepPayoff.PAYS, pytest.approx(1.0))
    assert never is not None
    assert never.verdict is SleepPayoff.NEVER
    assert unclear is not None
    assert (unclear.verdict, unclear.queries) == (SleepPayoff.CANNOT_TELL, None)
    assert break_even([], listed(ones), listed(ones)) is None
    assert per_query(100, 5, 50, 10, 2) == (20.0, 100.0)
    assert longest_note(304, 10) == 3040


def test_the_length_is_taken_out_of_a_score_that_is_nothing_else() -> None:
    draw = np.random.default_rng(2)
    lengths = {f"{at:03}": float(length) for at, length in enumerate(draw.integers(10, 60, 100))}
    summed = {item: -length * 2.0 for item, length in lengths.items()}

    assert rank_correlation(summed, {item: -length for item, length in lengths.items()}) == pytest.approx(1.0)
    assert max(map(abs, without_length(summed, lengths).values())) < 1e-6
    parts = fifths(summed)
    assert [len(part) for part in parts] == [20] * 5
    assert summed[parts[0][0]] < summed[parts[4][-1]]
    assert fifths(dict(list(summed.items())[:9])) == []


def test_cells_hold_questions_of_like_length() -> None:
    lengths = {f"{at:02}": float(at // 6) for at in range(18)}
    values = {item: float(int(item) % 6) for item in lengths}

    found = cells(values, lengths)

    assert [key for key in found if key[0] == 1] == [(1, 1), (1, 2), (1, 3)]
    assert found[1, 1] == ("00", "01")
    assert found[3, 3] == ("16", "17")
    assert cells(dict(list(values.items())[:17]), lengths) == {}


def test_a_planted_slope_is_recovered_beside_the_length() -> None:
    draw = np.random.default_rng(3)
    score = {f"{at:03}": float(x) for at, x in enumerate(draw.normal(size=120))}
    length = {item: float(x) for item, x in zip(score, draw.normal(size=120), strict=True)}
    gains = [ItemScore(item, item, 0.2 * score[item] + float(draw.normal(0, 0.1))) for item in score]

    found = slopes(gains, [score, length])

    assert found is not None
    spread = float(np.std(list(score.values())))
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].low is not None
    assert found[0].high is not None
    assert found[0].low < 0.2 * spread < found[0].high
    assert found[0].excludes(0.0)
    assert not found[1].excludes(0.0)
    beside_a_constant = slopes(gains, [score, dict.fromkeys(score, 0.1)])
    assert beside_a_constant is not None
    assert beside_a_constant[0] is not None
    assert beside_a_constant[0].value == pytest.approx(found[0].value, rel=0.05)
    assert beside_a_constant[1] is None
    assert slopes(gains, [dict.fromkeys(score, 1.0)]) is None


def test_draws_of_one_answer() -> None:
    assert pass_at_k(20, 0, 5) == 0.0
    assert pass_at_k(4, 1, 2) == pytest.approx(0.5)
    assert pass_at_k(4, 3, 2) == 1.0
    assert majority(["3", "4", "4"], [False, True, True])
    assert not majority(["3", "3", "4"], [False, False, True])
    assert majority(["4", None, None], [True, False, False])
    assert not majority([None], [False])


def test_a_figure_of_one_cluster_has_no_interval() -> None:
    draws = Draws(["a", "a"])

    found = draws.interval(draws.means([ItemScore("1", "a", 1.0), ItemScore("2", "a", 0.0)]))

    assert (found.value, found.low, found.high, found.clusters) == (0.5, None, None, 1)
