"""Notes of a model as they are served: checked against the live files, found by subject and by expected queries."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from noctule.indexer.files.text import line_hashes
from noctule.indexer.model_notes import gate
from noctule.indexer.model_notes.store import KINDS, ModelNote, NoteStore, Proof, VerifiedClaim
from noctule.indexer.results import Evidence
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made
from tests.repositories import put_back

CORE = "RATE = 7\n\n\ndef area(width, height):\n    return width * height\n\n\ndef twice(x):\n    return 2 * x\n"
API = "from shop.core import area\n\n\ndef price(width, height):\n    return 3 * area(width, height)\n"
LEDGER = (
    "def book(entry):\n    rows.append(entry)\n\n\ndef settle(day):\n    return [r for r in rows if r.day == day]\n"
)
AREA = "`area` multiplies before any rounding."


def learn(folder: Path) -> Made:
    """Make a small shop, and learn it."""
    made = Made(folder / "repo")
    made.commit("Start", {"shop/core.py": CORE, "shop/api.py": API, "shop/ledger.py": LEDGER})
    Repository.open(made.root, cache=folder / "cache").sleep()
    return made


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A small shop that was learned."""
    return put_back(tmp_path_factory.getbasetemp() / "recall", learn)


@pytest.fixture
def shop(made: Made) -> Repository:
    """What is known of it."""
    return Repository.open(made.root, cache=made.root.parent / "cache")


def let_through(repository: Repository, kinds: Sequence[str] = (*KINDS, gate.EXPECTED)) -> None:
    """Write the verdict of a gate that these kinds have passed."""
    gate.keep(repository.folder, gate.Verdict(open=frozenset(kinds), tasks=20, at=1.0))


def lines_of(made: Made, path: str, start: int, stop: int) -> Proof:
    """Rest on lines as they are."""
    hashes = line_hashes((made.root / path).read_bytes())
    return Proof(path, start, tuple(hashes[start:stop]))


def note(
    *claims: VerifiedClaim, subject: str = "shop/core.py", queries: tuple[str, ...] = (), key: str = "k1"
) -> ModelNote:
    """A note of a model."""
    kind = "symbol" if ":" in subject else "file"
    return ModelNote(key, subject, kind, claims, queries, "openai/gpt", "openai/mini", "1", "", 1, None, 1.0, 900, 0.01)


def said(repository: Repository, subject: str = "shop/core.py") -> list[str]:
    """What a model says of a subject, as it is served."""
    repository.refresh()
    return [claim.text for claim in repository.notes(subject).claims if claim.by]


def test_a_claim_is_served_with_its_lines_and_its_author(shop: Repository, made: Made) -> None:
    let_through(shop)
    NoteStore(shop.folder).put(note(VerifiedClaim(AREA, "invariant", (lines_of(made, "shop/core.py", 3, 5),), 0.9)))

    (claim,) = [claim for claim in shop.notes("shop/core.py").claims if claim.by]

    assert (claim.text, claim.kind, claim.by) == (AREA, "invariant", "openai/gpt")
    (evidence,) = claim.evidence
    assert (evidence.path, evidence.start_line, evidence.end_line, evidence.moved_from) == ("shop/core.py", 4, 5, None)


def test_nothing_is_served_before_a_gate_has_let_it_through(shop: Repository, made: Made) -> None:
    proof = (lines_of(made, "shop/core.py", 3, 5),)
    NoteStore(shop.folder).put(
        note(VerifiedClaim(AREA, "invariant", proof, 0.9), VerifiedClaim("It is small.", "purpose", proof, 0.9))
    )

    before = said(shop)
    let_through(shop, ["purpose"])

    assert before == []
    assert said(shop) == ["It is small."]


def test_lines_that_moved_are_followed_and_changed_ones_withhold_the_claim(shop: Repository, made: Made) -> None:
    let_through(shop)
    proof = lines_of(made, "shop/core.py", 3, 5)
    other = lines_of(made, "shop/core.py", 7, 9)
    NoteStore(shop.folder).put(
        note(VerifiedClaim(AREA, "invariant", (proof,), 0.9), VerifiedClaim("Doubles.", "breaks", (other,), 0.9))
    )

    made.write("shop/core.py", "import math\n\n" + CORE.replace("2 * x", "x + x"))
    shop.refresh()
    found = shop.notes("shop/core.py")

    (claim,) = [claim for claim in found.claims if claim.by]
    assert claim.text == AREA
    assert claim.evidence[0] == replace(claim.evidence[0], start_line=6, end_line=7, moved_from=4)
    assert found.withheld["breaks"] == 1


def test_a_claim_on_a_commit_of_another_branch_is_withheld(shop: Repository, made: Made) -> None:
    let_through(shop)
    made.git("checkout", "-q", "-b", "feature")
    oid = made.commit("Feature", {"shop/core.py": CORE + "\nNEW = 1\n"})
    there = Repository.open(made.root, cache=shop.folder.parent)
    there.sleep()
    NoteStore(shop.folder).put(
        note(VerifiedClaim("The rate came with the feature.", "purpose", (Proof("", 0, (), oid),), 0.9))
    )
    found = said(there)

    made.git("checkout", "-q", "main")

    assert found == ["The rate came with the feature."]
    assert said(Repository.open(made.root, cache=shop.folder.parent)) == []


def test_a_gone_file_an_unknown_commit_or_no_proof_at_all_withholds_a_claim(shop: Repository, made: Made) -> None:
    let_through(shop)
    gone = replace(lines_of(made, "shop/core.py", 3, 5), path="shop/gone.py")
    proofs = [
        (gone,),
        (Proof("", 0, (), "f" * 40),),
        (Proof("", 0, (), "--output=x"),),
        (),
        (Proof("shop/core.py", 0, ()),),
    ]
    claims = [VerifiedClaim(f"Claim {number}.", "purpose", given, 0.9) for number, given in enumerate(proofs)]
    NoteStore(shop.folder).put(note(*claims))

    assert said(shop) == []
    assert shop.notes("shop/core.py").withheld["purpose"] == len(proofs)


def test_a_newer_note_adds_to_an_older_one_and_takes_back_what_it_replaces(shop: Repository, made: Made) -> None:
    let_through(shop)
    note_store = NoteStore(shop.folder)
    area, rate = lines_of(made, "shop/core.py", 3, 5), lines_of(made, "shop/core.py", 0, 1)
    older = [VerifiedClaim(text, "purpose", (area,), 0.9) for text in ("Stays.", "Is wrong.", "Says it once more.")]
    newer = [VerifiedClaim(text, "purpose", (rate,), 0.8) for text in ("Is new.", "Says it once more.")]
    note_store.put(note(*older))
    note_store.put(replace(note(*newer, key="k2"), at=2.0, retracted=("Is wrong.",)))
    first = said(shop)

    made.write("shop/core.py", CORE.replace("RATE = 7", "RATE = 8"))

    assert sorted(first) == ["Is new.", "Says it once more.", "Stays."]
    assert said(shop) == ["Stays.", "Says it once more."]


def test_a_reader_that_stays_open_serves_what_was_noted_meanwhile(shop: Repository, made: Made) -> None:
    let_through(shop)
    assert not any(claim.by for claim in shop.notes("shop/core.py").claims)

    NoteStore(shop.folder).put(note(VerifiedClaim(AREA, "invariant", (lines_of(made, "shop/core.py", 3, 5),), 0.9)))

    assert [claim.text for claim in shop.notes("shop/core.py").claims if claim.by] == [AREA]


def test_a_task_in_other_words_is_led_to_the_note_that_expected_it(shop: Repository, made: Made) -> None:
    task = "invoices of the previous month show up again after closing the accounts"
    let_through(shop)
    claim = VerifiedClaim(
        "`settle` compares days, not months.", "answer", (lines_of(made, "shop/ledger.py", 4, 6),), 0.8
    )
    without = shop.context(task)
    query = "Why do invoices show up again when accounts are closed?"
    NoteStore(shop.folder).put(note(claim, subject="shop/ledger.py", queries=(query,)))

    found = shop.context(task)

    assert without.abstained or without.files[0].path != "shop/ledger.py"
    assert found.files[0].path == "shop/ledger.py"
    assert "expected" in [reason.kind for reason in found.files[0].reasons]
    assert "`settle` compares days, not months. (by a model)" in found.text
    shop.reader.serve("none")
    assert shop.context(task).files == without.files


def test_a_query_that_an_older_note_expected_leads_to_what_the_newer_one_says(shop: Repository, made: Made) -> None:
    let_through(shop)
    note_store, proof = NoteStore(shop.folder), (lines_of(made, "shop/ledger.py", 4, 6),)
    query = "Why do invoices show up again when accounts are closed?"
    older = VerifiedClaim("`settle` compares months.", "answer", proof, 0.8)
    newer = VerifiedClaim("`settle` compares days, not months.", "answer", proof, 0.8)
    note_store.put(note(older, subject="shop/ledger.py", queries=(query,)))
    note_store.put(replace(note(newer, subject="shop/ledger.py", key="k2"), at=2.0))

    found = shop.context("invoices show up again after closing the accounts")

    assert [claim.text for claim in found.claims if claim.by] == [newer.text]


def test_a_kind_that_is_closed_neither_leads_anywhere_nor_is_told(shop: Repository, made: Made) -> None:
    task = "invoices of the previous month show up again after closing the accounts"
    let_through(shop, ["purpose"])
    claim = VerifiedClaim("`settle` compares days.", "answer", (lines_of(made, "shop/ledger.py", 4, 6),), 0.8)
    without = shop.context(task)

    NoteStore(shop.folder).put(note(claim, subject="shop/ledger.py", queries=("Why do invoices show up?",)))

    assert replace(shop.context(task), elapsed_ms={}) == replace(without, elapsed_ms={})


def test_a_claim_shows_under_all_that_it_is_about(shop: Repository, made: Made) -> None:
    let_through(shop)
    text = "`price` multiplies what `area` gives back."
    proofs = lines_of(made, "shop/api.py", 3, 5), lines_of(made, "shop/core.py", 3, 5)
    NoteStore(shop.folder).put(note(VerifiedClaim(text, "breaks", proofs, 0.9)))
    subjects = ["shop/core.py", "shop/api.py", "shop/core.py:area", "shop/api.py:price", "shop"]
    others = ["shop/ledger.py", "shop/core.py:twice", "shop/ledger.py:book", ""]

    assert [said(shop, subject) for subject in subjects] == [[text]] * len(subjects)
    assert [said(shop, subject) for subject in others] == [[]] * len(others)


def test_a_pack_shows_the_claim_that_the_task_needs_before_others_of_its_file(shop: Repository, made: Made) -> None:
    let_through(shop)
    proof = (lines_of(made, "shop/core.py", 3, 5),)
    texts = [f"`area` is fact {number} of a kind that nobody asks for." for number in range(9)]
    needed = "`area` multiplies before any rounding."
    claims = [VerifiedClaim(text, "purpose", proof, 0.9) for text in (*texts, needed)]
    NoteStore(shop.folder).put(note(*claims))

    for budget in (300, 1500):
        pack = shop.context("area multiplies its sides before rounding them", budget)
        assert [claim.text for claim in pack.claims if claim.by][:1] == [needed]
        assert f"- shop/core.py:4-5 {needed} (by a model)" in pack.text


def test_evidence_that_an_earlier_version_held_by_checksums_stands_on(shop: Repository, made: Made) -> None:
    let_through(shop)
    checksums = tuple(zlib.crc32(line.encode()) for line in CORE.split("\n")[3:5])
    NoteStore(shop.folder).put(note(VerifiedClaim(AREA, "invariant", (Proof("shop/core.py", 3, checksums),), 0.9)))
    first = said(shop)

    made.write("shop/core.py", "import math\n\n" + CORE)
    moved = said(shop)
    made.write("shop/core.py", CORE.replace("width * height", "height * width"))

    assert (first, moved, said(shop)) == ([AREA], [AREA], [])


def test_what_the_user_imported_is_served_until_a_replay_judges_its_author(shop: Repository, made: Made) -> None:
    proof = (lines_of(made, "shop/core.py", 3, 5),)
    imported = replace(note(VerifiedClaim(AREA, "invariant", proof, 0.9)), imported=True)
    NoteStore(shop.folder).put(imported)
    before = said(shop)
    gate.keep(shop.folder, gate.Verdict(at=1.0, authors=("somebody else",)))
    of_others = said(shop)
    gate.keep(shop.folder, gate.Verdict(at=1.0, authors=(imported.author,)))

    assert (before, of_others, said(shop)) == ([AREA], [AREA], [])


def test_what_holds_a_secret_is_not_served(shop: Repository, made: Made) -> None:
    let_through(shop)
    text = 'It uses the password = "hunter2hunter2x9".'
    NoteStore(shop.folder).put(note(VerifiedClaim(text, "purpose", (lines_of(made, "shop/core.py", 3, 5),), 0.9)))

    assert said(shop) == []


def test_evidence_of_a_revision_is_that_of_the_revision(shop: Repository, made: Made) -> None:
    let_through(shop)
    NoteStore(shop.folder).put(note(VerifiedClaim(AREA, "invariant", (lines_of(made, "shop/core.py", 3, 5),), 0.9)))
    base = made.git("rev-parse", "HEAD")
    made.commit("Change", {"shop/core.py": CORE.replace("width * height", "height * width")})
    past = Repository.open(made.root, at=base, cache=made.root.parent / "cache")
    past.sleep()
    shop.refresh()
    shop.sleep()

    assert [claim.text for claim in past.notes("shop/core.py").claims if claim.by] == [AREA]
    assert said(shop) == []
    assert isinstance(past.notes("shop/core.py").claims[-1].evidence[0], Evidence)
