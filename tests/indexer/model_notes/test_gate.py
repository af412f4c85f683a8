"""A verdict is kept whole or not at all, and without one nothing is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noctule.indexer.errors import StoreUnavailable
from noctule.indexer.model_notes.gate import Verdict, author_name, keep, read_verdict
from noctule.indexer.runtime import state

VERDICT = Verdict(
    open=frozenset({"purpose", "breaks"}),
    why={"answer": "unknown: shown in 2 past tasks, 5 are needed to tell"},
    tasks=31,
    at=17.5,
    figures={"masked": {"tokens": {"without": 900.0, "with": 850.0}}},
    kinds={"purpose": {"shown": 12}},
    base="b" * 40,
    upto="c" * 40,
    made_by="openai/gpt",
    notes=8,
    authors=("openai/gpt, checked by openai/mini, prompts 1",),
)


def test_a_verdict_is_read_as_it_was_kept(tmp_path: Path) -> None:
    keep(tmp_path, VERDICT)

    assert read_verdict(tmp_path) == VERDICT


@pytest.mark.parametrize(
    "written",
    ["", "[]", "{", '{"open": 3}', '{"open": ["purpose"], "why": []}', '{"open": ["purpose"], "at": "x"}', "[" * 9999],
)
def test_what_is_no_verdict_opens_nothing(tmp_path: Path, written: str) -> None:
    with state.transaction(tmp_path) as db:
        db.execute("INSERT INTO document VALUES ('gate', ?)", (written,))

    assert read_verdict(tmp_path) == Verdict()


def test_where_no_verdict_was_given_nothing_is_open(tmp_path: Path) -> None:
    assert read_verdict(tmp_path).open == frozenset()
    assert not read_verdict(tmp_path).was_given


def test_a_verdict_that_cannot_be_kept_leaves_the_one_before(tmp_path: Path) -> None:
    keep(tmp_path, VERDICT)
    (tmp_path / "elsewhere").write_text("a file")

    with pytest.raises(StoreUnavailable, match="cannot be used"):
        keep(tmp_path / "elsewhere", VERDICT)
    assert read_verdict(tmp_path) == VERDICT


def test_a_verdict_holds_for_those_whose_notes_were_judged() -> None:
    assert VERDICT.covers(author_name("openai/gpt", "openai/mini", "1", "", 1))
    assert not VERDICT.covers(author_name("openai/gpt", "openai/mini", "2", "", 1))
    assert not VERDICT.covers(author_name("openai/gpt", "openai/mini", "1", "high", 5))


def test_a_verdict_is_told_in_plain_values() -> None:
    assert json.loads(json.dumps(VERDICT.told()))["open"] == ["breaks", "purpose"]
