from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.evals.errors import UnknownSolver
from noctule.evals.solvers import pack_text as served
from noctule.evals.solvers.answer import LineRanges, SolverAnswer
from noctule.evals.solvers.bm25 import K1, B, Bm25, split_words
from noctule.evals.solvers.explorer import MOST_STEPS, Explorer
from noctule.evals.solvers.graph import StaticGraph
from noctule.evals.solvers.named import GROUPS, expand, make
from noctule.evals.solvers.pack import INGREDIENTS, PackSolver, without_signal
from noctule.evals.solvers.pack_text import SeenText
from noctule.evals.solvers.path_match import PathMatch
from noctule.evals.solvers.recency import Recency
from noctule.evals.tasks import patch as patches
from noctule.evals.tasks.checkout import BaseCheckout, Contents
from noctule.evals.tasks.gold import Gold, make_gold
from noctule.evals.tasks.task import Task
from noctule.indexer.files.git import discover
from noctule.indexer.learn import first_look
from noctule.indexer.results import Freshness, ShownFile, ShownLines
from noctule.indexer.results import Pack as PackAnswer
from noctule.indexer.search import ranking
from noctule.indexer.search.query import read as read_task
from tests.evals.conftest import Shop
from tests.repositories import Repository

TEXT = "The discount of an unknown season fails: take nothing off the amount then"


@pytest.fixture
def ground(shop: Shop, tmp_path: Path) -> BaseCheckout:
    place = discover(shop.root)
    assert place is not None
    return BaseCheckout(place, shop.base, tmp_path / "cache")


@pytest.fixture
def task(shop: Shop) -> Task:
    return Task("t", "issue", "shop", shop.base, TEXT, shop.patch(shop.base, shop.fix))


@pytest.fixture
def gold(ground: BaseCheckout, task: Task) -> Gold:
    return make_gold(patches.read(task.patch), None, None, ground.read, task.text)


def test_the_ground_is_the_commit_and_reads_each_content_once(shop: Shop, ground: BaseCheckout) -> None:
    assert ground.code == ("shop/__init__.py", "shop/basket.py", "shop/mail.py", "shop/price.py", "tests/test_price.py")
    assert b"RATES[rate]" in (ground.read("shop/price.py") or b"")
    assert ground.read("shop/absent.py") is None
    assert ground.latest_touches == (
        "shop/basket.py",
        "README.md",
        "shop/mail.py",
        "shop/price.py",
        "shop/__init__.py",
        "tests/test_price.py",
    )


def test_contents_keep_within_their_bytes(ground: BaseCheckout) -> None:
    contents = Contents(most_bytes=600)
    kept = BaseCheckout(ground.place, ground.base, Path("/nowhere"), contents)

    texts = dict(kept.read_all(kept.code))

    assert sum(map(len, contents._held.values())) <= 600
    assert texts == dict(ground.read_all(ground.code))


def test_bm25_scores_as_its_formula_says(ground: BaseCheckout, task: Task, gold: Gold) -> None:
    documents = {
        path: Counter(split_words(content.decode()) + split_words(path))
        for path, content in ground.read_all(ground.code)
    }
    mean = sum(d.total() for d in documents.values()) / len(documents)

    def score(words: Counter[str]) -> float:
        total = 0.0
        for word in set(split_words(task.text)):
            holders = sum(word in d for d in documents.values())
            idf = math.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5))
            frequency = words[word]
            total += idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * words.total() / mean))
        return total

    expected = sorted((p for p in documents if score(documents[p]) > 0), key=lambda p: (-score(documents[p]), p))

    assert list(Bm25().solve(task, ground, gold).files) == expected


def test_paths_quoted_in_the_task_come_first_then_those_that_share_words(ground: BaseCheckout, gold: Gold) -> None:
    def ranked(text: str) -> tuple[str, ...]:
        return PathMatch().solve(Task("t", "issue", "shop", ground.base, text, ""), ground, gold).files

    assert ranked("look at shop/mail.py")[0] == "shop/mail.py"
    assert ranked("the price is wrong in the shop")[0] == "shop/price.py"
    assert ranked("nothing shared") == ()


def test_a_first_look_answers_from_the_base_commit_alone(
    ground: BaseCheckout, task: Task, gold: Gold, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make("first-look", {}).solve(task, ground, gold)
    monkeypatch.setattr(first_look, "MOST_BYTES", 100)
    looked = make("first-look", {}).solve(task, ground, gold)

    assert whole.files == PackSolver().solve(task, ground, gold).files
    assert looked.files[0] == "shop/price.py"
    assert (looked.abstained, set(looked.files) <= set(ground.snapshot.files)) == (False, True)


def test_recency_lists_source_files_by_their_last_commit(ground: BaseCheckout, task: Task, gold: Gold) -> None:
    assert Recency().solve(task, ground, gold).files == (
        "shop/basket.py",
        "shop/mail.py",
        "shop/price.py",
        "shop/__init__.py",
    )


def test_the_graph_leads_from_what_is_named_to_what_it_uses(ground: BaseCheckout, gold: Gold) -> None:
    answer = StaticGraph().solve(Task("t", "issue", "shop", ground.base, "Basket() is empty", ""), ground, gold)

    assert answer.files[:2] == ("shop/basket.py", "shop/price.py")


def test_the_pack_is_what_the_repository_serves(ground: BaseCheckout, task: Task, gold: Gold) -> None:
    answer = PackSolver(1000).solve(task, ground, gold)
    pack = ground.repository.context(task.text, budget_tokens=1000)

    assert answer.files == tuple(f.path for f in pack.files)
    assert answer.symbols == tuple((s.path, s.symbol) for s in pack.symbols)
    assert answer.tokens == pack.tokens
    assert answer.measures["wrong_lines"] == 0
    assert answer.files[0] == "shop/price.py"
    assert set(answer.named) <= set(answer.files) | {s.path for s in answer.spans}
    assert SolverAnswer.of_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_a_later_answer_is_timed_with_what_another_task_asked(ground: BaseCheckout, task: Task, gold: Gold) -> None:
    solver = PackSolver()
    other = replace(task, id="u", text="Write one article per line in letters")

    alone, masked, after = (
        solver.solve(t, ground, gold) for t in (replace(task, pair="p"), replace(task, id="m", pair="p"), other)
    )

    assert "first_ms" in alone.measures
    assert "later_ms" not in alone.measures
    assert "later_ms" not in masked.measures
    assert {"first_ms", "later_ms"} <= after.measures.keys()
    assert after.files == PackSolver().solve(other, ground, gold).files


def test_every_signal_of_the_ranking_belongs_to_an_ingredient_or_says_how_large_a_file_is(
    ground: BaseCheckout, task: Task, gold: Gold
) -> None:
    ground.repository.context(task.text)
    signals = ground.repository.reader.index.signals(read_task(task.text))
    first_words = {name.partition(" ")[0] for name in signals.names}

    assert first_words - {word for words in INGREDIENTS.values() for word in words} <= {"length"}


def test_an_ingredient_left_out_weighs_nothing_and_comes_back(ground: BaseCheckout, task: Task, gold: Gold) -> None:
    whole = dict(ranking.FILE_WEIGHTS)

    with without_signal("commits"):
        without = dict(ranking.FILE_WEIGHTS)

    assert without == {**whole, "commits": 0.0}
    assert whole == ranking.FILE_WEIGHTS
    reasons = {r.kind for f in ground.repository.context(task.text).files for r in f.reasons}
    with without_signal("words"):
        fewer = {r.kind for f in ground.repository.context(task.text).files for r in f.reasons}
    assert "words" in reasons - fewer


def test_the_served_text_is_held_against_the_files(ground: BaseCheckout, task: Task) -> None:
    pack = ground.repository.context(task.text, budget_tokens=2000)

    shown = served.read(pack, ground.read)
    forged = served.read(replace(pack, text=pack.text.replace("amount", "amounts")), ground.read)

    assert shown.wrong == 0
    assert set(shown.listed) <= {f.path for f in pack.files}
    assert served.covers(shown.spans, LineRanges("shop/price.py", 6, 8))
    assert forged.wrong > 0
    assert not served.covers(forged.spans, LineRanges("shop/price.py", 6, 8))


def pack_of(text: str, *lines: ShownLines) -> PackAnswer:
    """A pack that shows lines of a.py."""
    return PackAnswer(
        None, False, 0, 0, 0, "", False, {}, Freshness("fresh"), (), (), (), text, (ShownFile("a.py", lines),)
    )


def test_a_definition_that_is_cut_short_leaves_a_rest() -> None:
    text = "~~~\n1. a.py (words)\n== 1-9 function f (first 2 of 9 lines)\none\ntwo\n~~~"
    pack = pack_of(text, ShownLines(1, 2, 9, "f", "function"))
    lines = b"one\ntwo\n" + b"x\n" * 9

    assert served.read(pack, {"a.py": lines}.get) == SeenText(
        (LineRanges("a.py", 1, 2),), (LineRanges("a.py", 3, 9),), ("a.py",), 0
    )


def test_a_line_that_is_withheld_for_its_secret_is_not_wrong() -> None:
    source = 'def connect():\n    password = "hunter2hunter2"\n    return password\n'
    shown = "~~~\n1. a.py\n== 1-3 function connect\ndef connect():\n[secret]\n    return password\n~~~"

    pack = pack_of(shown, ShownLines(1, 3, 3, "connect", "function"))

    found = served.read(pack, {"a.py": source.encode()}.get)

    assert (found.spans, found.wrong) == ((LineRanges("a.py", 1, 3),), 0)


def test_several_spans_together_cover_lines() -> None:
    spans = (LineRanges("a.py", 1, 3), LineRanges("a.py", 4, 6), LineRanges("b.py", 1, 99), LineRanges("a.py", 8, 9))

    assert served.covers(spans, LineRanges("a.py", 2, 6))
    assert not served.covers(spans, LineRanges("a.py", 2, 8))
    assert not served.covers(spans, LineRanges("c.py", 1, 1))


@pytest.mark.parametrize("budget", [None, 2000])
def test_the_explorer_stops_when_it_has_seen_every_gold_line(
    ground: BaseCheckout, task: Task, gold: Gold, budget: int | None
) -> None:
    answer = Explorer(budget).solve(task, ground, gold)

    assert answer is not None
    assert answer.measures["found"] == 1.0
    assert answer == Explorer(budget).solve(task, ground, gold)


def test_a_pack_that_shows_the_gold_spares_every_step_and_still_costs_its_tokens(
    ground: BaseCheckout, task: Task, gold: Gold
) -> None:
    cold, warm = Explorer(None).solve(task, ground, gold), Explorer(2000).solve(task, ground, gold)

    assert cold is not None
    assert warm is not None
    assert cold.measures["steps"] > 0
    assert warm.measures["steps"] == warm.measures["new_tokens"] == 0
    assert warm.measures["pack_tokens"] > 0
    assert warm.measures["prompt_tokens"] > warm.measures["pack_tokens"]  # the prompt of the step that makes the change


def test_the_explorer_gives_up_and_says_so(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    body = "".join(f"value_{n} = {n}\n" for n in range(40_000))
    base = repository.commit("Begin", {"a.py": body, "b.py": "x = 1\n"})
    place = discover(repository.root)
    assert place is not None
    ground = BaseCheckout(place, base, tmp_path / "cache")
    gold = Gold(("a.py",), (), (), {"a.py": (39_990,)})

    answer = Explorer(None).solve(Task("t", "issue", "r", base, "Nothing that helps", ""), ground, gold)

    assert answer is not None
    assert (answer.measures["found"], answer.measures["steps"]) == (0.0, MOST_STEPS)


def test_a_task_without_gold_lines_is_nothing_to_explore(ground: BaseCheckout, task: Task) -> None:
    assert Explorer(None).solve(task, ground, Gold(("shop/price.py",), (), (), {})) is None


def test_names_and_groups_stand_for_solvers_each_once() -> None:
    assert expand(["bm25", "budgets", "pack", "pack@1500"]) == (
        "bm25",
        "pack@500",
        "pack@1000",
        "pack",
        "pack@2000",
        "pack@4000",
        "pack@8000",
    )
    assert expand(["pack~graph@1500", "pack~graph@4000"]) == ("pack~graph", "pack~graph@4000")
    assert all(expand([group]) for group in GROUPS)


@pytest.mark.parametrize("name", ["", "pak", "pack@", "pack@0", "pack@x", "pack~nothing", "bm25@500", "explorer@500"])
def test_an_unknown_solver_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UnknownSolver) as raised:
        make(name, {})

    assert "pack@TOKENS" in raised.value.advice
