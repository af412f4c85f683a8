"""Cards lead to the notes of a shelf, whatever became of the file that they are kept in."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.model_notes.index import CARDS, LEAST_BEHIND, Cards
from noctule.indexer.model_notes.store import FILE, FOLDER, ModelNote, Proof, Proven, Shelf
from noctule.indexer.terms import terms_of

LONG = "It is kept " + "and kept " * 60


def note(number: int, subject: str = "shop/core.py") -> ModelNote:
    claims = (Proven(LONG, "purpose", (Proof("shop/core.py", number, (1, 2)),), 0.9),)
    queries = (f"how is price {number} rounded", "who closes the ledger")
    made_by = "openai/gpt", "openai/mini", "1", "", 1
    return ModelNote(f"k{number}", subject, "file", claims, queries, *made_by, None, float(number), 9, 0.1)


def filled(folder: Path, most: int = 200) -> Shelf:
    """A shelf that is long enough for its cards to be kept."""
    shelf = Shelf(folder)
    for number in range(most):
        shelf.put(note(number))
    assert (folder / FOLDER / FILE).stat().st_size > LEAST_BEHIND
    return shelf


def led_to(folder: Path) -> list[ModelNote | None]:
    cards = Cards(folder)
    return [cards.note(card) for card in cards.read()]


def test_cards_lead_to_all_notes_before_and_after_they_are_kept(tmp_path: Path) -> None:
    shelf = filled(tmp_path)

    first = led_to(tmp_path)
    assert (tmp_path / FOLDER / CARDS).stat().st_mode & 0o777 == 0o600
    again = led_to(tmp_path)

    assert first == again == list(shelf.notes())
    assert Cards(tmp_path).read()[0].words == tuple(tuple(sorted(set(terms_of(query)))) for query in note(199).queries)


def test_what_came_after_the_cards_were_kept_counts(tmp_path: Path) -> None:
    shelf = filled(tmp_path)
    Cards(tmp_path).keep_up()
    kept = (tmp_path / FOLDER / CARDS).read_bytes()

    shelf.drop(["k3"], "it does not pay")
    shelf.put(note(500))
    shelf.put(note(7, "shop/api.py"))
    with (tmp_path / FOLDER / FILE).open("ab") as file:
        file.write(b'\n{"note": {"key"')

    assert led_to(tmp_path) == list(shelf.notes())
    assert (tmp_path / FOLDER / CARDS).read_bytes() == kept


@pytest.mark.parametrize("damage", [b"", b"{", b'{"covers": 1}\n', b"[]\n[]\n", b"\xff\n", b"cut"])
def test_cards_that_are_damaged_are_made_anew(tmp_path: Path, damage: bytes) -> None:
    shelf = filled(tmp_path)
    led_to(tmp_path)
    path = tmp_path / FOLDER / CARDS
    path.write_bytes(path.read_bytes()[:-9] if damage == b"cut" else damage)

    assert led_to(tmp_path) == list(shelf.notes())


def test_cards_of_another_shelf_are_not_taken_for_this_one(tmp_path: Path) -> None:
    filled(tmp_path)
    led_to(tmp_path)
    (tmp_path / FOLDER / FILE).unlink()
    assert led_to(tmp_path) == []

    shelf = Shelf(tmp_path)
    shelf.put(note(1))
    assert led_to(tmp_path) == [note(1)] == list(shelf.notes())


def test_few_notes_need_no_file_of_cards(tmp_path: Path) -> None:
    Shelf(tmp_path).put(note(1))

    assert led_to(tmp_path) == [note(1)]
    assert not (tmp_path / FOLDER / CARDS).exists()
