from __future__ import annotations

import pytest

from noctule.evals.scorers import localization, spans
from noctule.evals.scorers.amount import CPU_SECOND_TOKENS, QueryCosts
from noctule.evals.scorers.sets import set_score
from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.tasks.gold import Gold, GoldSymbol

GOLD = Gold(
    files=("a.py", "b.py"),
    created=(),
    symbols=(GoldSymbol("a.py", "f", "function", 3, 9), GoldSymbol("b.py", "C", "class", 1, 50)),
    lines={"a.py": (4, 5), "b.py": (2,)},
)
NONE = Gold((), (), (), {})


def test_a_task_counts_only_when_all_its_files_are_in_the_first_k() -> None:
    answer = SolverAnswer(files=("a.py", "x.py", "b.py"))

    assert [localization.file_acc(answer, GOLD, k) for k in (1, 2, 3, 10)] == [0.0, 0.0, 1.0, 1.0]
    assert localization.recall(answer, GOLD, 2) == 0.5
    assert localization.reciprocal_rank(SolverAnswer(files=("x.py", "b.py")), GOLD) == 0.5
    assert localization.reciprocal_rank(SolverAnswer(files=("x.py",)), GOLD) == 0.0


def test_functions_are_scored_without_the_classes_and_only_where_symbols_are_ranked() -> None:
    answer = SolverAnswer(symbols=(("x.py", "f"), ("a.py", "f")))

    assert [localization.function_acc(answer, GOLD, k) for k in (1, 2)] == [0.0, 1.0]
    assert localization.function_acc(SolverAnswer(symbols=()), GOLD, 5) == 0.0
    assert localization.function_acc(SolverAnswer(), GOLD, 5) is None
    assert localization.function_acc(answer, NONE, 5) is None


def test_without_gold_there_is_no_score() -> None:
    answer = SolverAnswer(files=("a.py",))

    assert localization.file_acc(answer, NONE, 5) is None
    assert localization.reciprocal_rank(answer, NONE) is None
    assert spans.line_share(answer, NONE) is None
    assert set_score([], []) is None


def test_a_function_is_shown_only_whole_and_lines_by_their_share() -> None:
    assert spans.functions_whole(SolverAnswer(spans=(LineRanges("a.py", 1, 9),)), GOLD) == 1.0
    assert spans.functions_whole(SolverAnswer(spans=(LineRanges("a.py", 1, 8),)), GOLD) == 0.0
    assert spans.line_share(SolverAnswer(spans=(LineRanges("a.py", 1, 4),)), GOLD) == pytest.approx(1 / 3)
    assert spans.names_all_files(SolverAnswer(named=("b.py", "a.py")), GOLD) == 1.0


def test_a_set_of_files_has_precision_recall_and_f1() -> None:
    score = set_score(["a.py", "x.py", "a.py"], GOLD.files)

    assert score is not None
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    empty = set_score([], GOLD.files)
    assert empty is not None
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)


def test_costs_per_query_fall_with_their_number_and_break_even_where_the_paper_says() -> None:
    costs = QueryCosts(tokens=6000, cpu_s=0, with_sleep=100, without=400)

    assert costs.per_query(1, 10) == (7000, 4000)
    assert costs.per_query(10, 10) == (1600, 4000)
    assert costs.break_even(10) == pytest.approx(6000 / (10 * 300))
    assert QueryCosts(6000, 0, 400, 400).break_even(10) is None
    assert QueryCosts(0, 0, 100, 400).break_even(1) == 0


def test_processor_seconds_of_sleep_are_charged_in_tokens_and_may_cost_so_much() -> None:
    costs = QueryCosts(tokens=0, cpu_s=2, with_sleep=100, without=400)

    assert costs.sleep == 2 * CPU_SECOND_TOKENS
    assert costs.dearest_second(10) == 10 * 300 / 2
    assert QueryCosts(0, 0, 100, 400).dearest_second(10) is None
