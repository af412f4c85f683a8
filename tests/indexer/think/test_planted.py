"""Two hundred planted false sentences and two hundred true ones: how many the proof of sentences takes for what.

pytest tests/indexer/think/test_planted.py -s      prints the tables;
`python -m benchmarks.planted FOLDER` does so elsewhere
"""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import made_up
from benchmarks.planted import SORTS, Outcome, run, table
from noctule.indexer.model_notes.store import VerifiedClaim
from noctule.indexer.think.checker import parse_verdicts

ROOT = Path(__file__).parents[3]
PACKAGE = "lsp_server"
OWN, MADE_UP = 30, 10
"""False sentences of each sort about a seventh of this repository's own source, and about a made-up one."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    scratch = tmp_path_factory.mktemp("planted")
    names = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / PACKAGE).rglob("*.py"))]
    made_up.write(scratch / "made-up", 60, 0)
    found = run(ROOT, OWN, scratch / "own", ["README.md", *names])
    found += run(scratch / "made-up", MADE_UP, scratch / "copy")
    print(f"\nmechanical checks\n{table(found)}")
    return found


def share(outcomes: list[Outcome], *, refused: bool) -> float:
    return sum(bool(outcome.reason) == refused for outcome in outcomes) / len(outcomes)


def supports(outcome: Outcome) -> bool:
    """A second reader with faults: it lets one false sentence of five pass, and stops one true one of fifty."""
    die = zlib.crc32(outcome.text.encode())
    return die % 50 != 0 if outcome.sort == "true" else die % 5 == 0


def checked(outcomes: list[Outcome]) -> list[Outcome]:
    """Have the second reader look at the sentences that passed the first checks."""
    asked = [outcome for outcome in outcomes if not outcome.reason]
    verdicts = [
        {"sentence": n, "verdict": "supported" if supports(outcome) else "not supported"}
        for n, outcome in enumerate(asked, 1)
    ]
    claims = [VerifiedClaim(outcome.text, "invariant", (), 0.9) for outcome in asked]
    reasons = iter(parse_verdicts(json.dumps({"verdicts": verdicts}), claims))
    return [outcome if outcome.reason else replace(outcome, reason=next(reasons)) for outcome in outcomes]


def test_there_are_two_hundred_false_and_two_hundred_true_sentences(outcomes: list[Outcome]) -> None:
    counts = {sort: sum(outcome.sort == sort for outcome in outcomes) for sort in ("true", *SORTS)}

    assert counts == {"true": 200} | dict.fromkeys(SORTS, 40)


def test_nothing_passes_that_names_what_is_not_there(outcomes: list[Outcome]) -> None:
    absent = [outcome for outcome in outcomes if outcome.absent]

    assert len(absent) >= 40
    assert [outcome.text for outcome in absent if not outcome.reason] == []


@pytest.mark.parametrize("sort", SORTS)
def test_false_sentences_are_refused_without_a_second_reader(outcomes: list[Outcome], sort: str) -> None:
    assert share([outcome for outcome in outcomes if outcome.sort == sort], refused=True) >= 0.95


def test_true_sentences_pass(outcomes: list[Outcome]) -> None:
    true = [outcome for outcome in outcomes if outcome.sort == "true"]

    assert share(true, refused=False) >= 0.95, [(o.text, o.reason, o.detail) for o in true if o.reason]


def test_with_a_second_reader_that_errs_both_shares_hold(outcomes: list[Outcome]) -> None:
    found = checked(outcomes)
    print(f"\nwith the second reader\n{table(found)}")

    assert share([outcome for outcome in found if outcome.sort != "true"], refused=True) >= 0.95
    assert share([outcome for outcome in found if outcome.sort == "true"], refused=False) >= 0.95
