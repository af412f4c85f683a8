"""What a hover says, and what it rests on: saved files, unsaved texts, whatever units the editor counts in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lsprotocol import types

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo
from tests.lsp_server.lsp.editor import NEVER, capabilities, edit, editing

pytestmark = pytest.mark.asyncio

CART = "shop/cart.py"


def uri_of(repo: Repo | Path, path: str = CART) -> str:
    return ((repo.path if isinstance(repo, Repo) else repo) / path).as_uri()


def place(text: str, word: str, after: str = "") -> tuple[int, int]:
    """Return the line and column (in code points) of a word."""
    offset = text.index(word, text.index(after))
    return text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


@pytest.fixture
def cart(known: Known) -> str:
    return (known.repo.path / CART).read_text()


async def test_on_a_use_it_says_who_else_uses_the_symbol_and_what_goes_with_it(known: Known, cart: str) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        said = await editor.hover(uri_of(known.repo), *place(cart, "round_half_up", "return"))

    assert said is not None
    assert said.startswith("**noctule** `shop/money.py:round_half_up`")
    assert "Used by shop/cart.py (Cart.total\\_price)" in said or "Used by shop/cart.py (Cart.total_price)" in said
    assert re.search(r"indexed (just now|\d+ \w+ ago), lines checked just now", said)
    assert "[show all](noctule:/" in said


async def test_on_a_definition_and_on_an_import_it_says_the_same_of_the_same(known: Known, cart: str) -> None:
    money = (known.repo.path / "shop/money.py").read_text()
    async with editing(known.noctule, known.repo.path) as editor:
        defined = await editor.hover(uri_of(known.repo, "shop/money.py"), *place(money, "round_half_up"))
        imported = await editor.hover(uri_of(known.repo), *place(cart, "round_half_up"))
        module = await editor.hover(uri_of(known.repo), *place(cart, "money"))

    assert defined == imported
    assert module is not None
    assert module.startswith("**noctule** `shop/money.py`")


async def test_of_a_class_it_says_its_tests_what_changes_with_it_and_how_likely_it_is_to_change(
    known: Known, cart: str
) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        said = await editor.hover(uri_of(known.repo), *place(cart, "Cart"))

    assert said is not None
    assert "Exercised by tests/test_cart.py" in said.replace("\\", "")
    assert re.search(
        r"The file cart\.py is \d+% likely to change in the next commit \(the top 10 covered ", said.replace("\\", "")
    )
    assert re.search(r"past commits? changed\)", said.replace("\\", ""))
    assert re.search(r" to cart\.py.* \(latest [^()]* ago\)", said.replace("\\", ""))  # what it is about, and its age
    assert "this file" not in said


@pytest.mark.parametrize("word", ["def", "self", "quantity", '"""The shopping', "Items"])
async def test_where_it_is_not_clear_what_is_meant_nothing_is_said(known: Known, cart: str, word: str) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        assert await editor.hover(uri_of(known.repo), *place(cart, word)) is None


async def test_it_says_nothing_of_what_is_no_file_of_the_workspace(known: Known, tmp_path: Path, cart: str) -> None:
    (tmp_path / "elsewhere.py").write_text(cart)
    elsewhere = ["untitled:Untitled-1", "git:/shop/cart.py?HEAD", "http://localhost/shop/cart.py", "", "file:", "::"]
    async with editing(known.noctule, known.repo.path) as editor:
        editor.open("untitled:Untitled-1", cart)
        for uri in [(tmp_path / "elsewhere.py").as_uri(), uri_of(known.repo, "shop/none.py"), *elsewhere]:
            assert await editor.hover(uri, *place(cart, "round_half_up")) is None


async def test_a_client_that_takes_plain_text_gets_plain_text(known: Known, cart: str) -> None:
    plain = types.TextDocumentClientCapabilities(hover=types.HoverClientCapabilities(content_format=None))
    async with editing(known.noctule, known.repo.path, can=capabilities(text_document=plain)) as editor:
        said = await editor.hover(uri_of(known.repo), *place(cart, "round_half_up"))

    assert said is not None
    assert said.startswith("noctule: shop/money.py:round_half_up\n- ")
    assert "\\" not in said


@pytest.mark.parametrize(
    ("encoding", "wide"),
    [
        (types.PositionEncodingKind.Utf8, 4),
        (types.PositionEncodingKind.Utf16, 2),
        (types.PositionEncodingKind.Utf32, 1),
    ],
)
async def test_columns_are_counted_as_the_editor_counts_them(
    known: Known, cart: str, encoding: types.PositionEncodingKind, wide: int
) -> None:
    before, after = cart.split("        return round_half_up", 1)
    text = f"{before}        '😀😀😀'; round_half_up{after}"
    line = before.count("\n")
    at = len("        '") + 3 * wide + len("'; ")
    async with editing(known.noctule, known.repo.path, can=capabilities(encoding)) as editor:
        editor.open(uri_of(known.repo), text)
        said = [await editor.hover(uri_of(known.repo), line, column) for column in (at - 3, at, at + 5)]

    assert editor.capabilities.position_encoding == encoding
    assert said[0] is None
    assert said[1] is not None
    assert said[1] == said[2]


async def test_unsaved_edits_move_what_is_said_and_withhold_what_they_change(known: Known, cart: str) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        uri = uri_of(known.repo)
        editor.open(uri, cart)
        editor.change(uri, 2, edit((0, 0), (0, 0), "# a line more\n# and another 😀\n"))
        line, column = place(cart, "round_half_up", "return")
        moved = await editor.hover(uri, line + 2, column)
        note = await editor.ask("noctule/notes", {"uri": uri, "subject": "shop/money.py"})
        editor.change(uri, 3, edit((line + 2, 0), (line + 3, 0), ""), edit((4, 0), (5, 0), ""))
        gone = await editor.ask("noctule/notes", {"uri": uri, "subject": "shop/money.py:round_half_up"})
        editor.close(uri)
        again = await editor.ask("noctule/notes", {"uri": uri, "subject": "shop/money.py:round_half_up"})

    (dependents,) = (claim for claim in note["claims"] if claim["kind"] == "dependents")
    cited = [e for e in dependents["evidence"] if e["path"] == CART]
    assert moved is not None
    assert cited[0]["start_line"] == cited[0]["moved_from"] + 2
    assert note["dirty"] is True
    assert note["freshness"]["pending"] == [CART]
    assert [claim for claim in gone["claims"] if claim["kind"] == "users" and CART in claim["text"]] == []
    assert [claim["kind"] for claim in again["claims"] if CART in claim["text"]] == ["users"]
    assert again["dirty"] is False


async def test_nothing_unsaved_is_ever_stored(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as editor:
        await editor.told("fresh")
        uri = uri_of(shop)
        editor.open(uri, "def unsaved_secret_name():\n    return 1\n")
        await editor.ask("noctule/context", {"task": "unsaved_secret_name"})
        await editor.hover(uri, 0, 6)
        shop.write("shop/money.py", "def saved_name():\n    return 1\n")
        await editor.told("renewed")

    stored = b"".join(file.read_bytes() for file in noctule.cache.rglob("*") if file.is_file())
    assert b"saved_name" in stored
    assert b"unsaved_secret_name" not in stored


async def test_edits_out_of_order_are_not_guessed_at(known: Known, cart: str) -> None:
    uri = uri_of(known.repo)
    at = place(cart, "round_half_up", "return")
    async with editing(known.noctule, known.repo.path) as editor:
        editor.open(uri, cart, version=5)
        editor.change(uri, 4, edit((0, 0), (1, 0), ""))
        saved = await editor.hover(uri, *at)  # the file counts: what is shown is not known any more
        editor.change(uri, 6, edit((0, 0), (2, 0), ""))
        still = await editor.hover(uri, *at)
        editor.change(uri, 7, types.TextDocumentContentChangeWholeDocument(text=f"\n\n{cart}"))
        healed = await editor.hover(uri, at[0] + 2, at[1])

    assert saved is not None
    assert saved == still == healed


async def test_a_file_with_a_byte_order_mark_or_windows_line_ends_is_not_taken_for_changed(
    noctule: Noctule, shop: Repo
) -> None:
    text = "def mark():\r\n    return 1\r\n\r\n\r\ndef other():\r\n    return mark()\r\n"
    user = "from a import mark\n\nmark()\n"
    shop.commit("Marks", {"a.py": b"\xef\xbb\xbf" + text.encode(), "b.py": text.encode("utf-16"), "c.py": user})
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as editor:
        for path in ("a.py", "b.py"):
            editor.open(uri_of(shop, path), text)
        note = await editor.ask("noctule/notes", {"uri": uri_of(shop, "a.py"), "subject": "a.py:mark"})
        said = await editor.hover(uri_of(shop, "a.py"), 5, 13)

    assert note["freshness"]["pending"] == []
    assert "c.py" in str(said)


async def test_a_save_reaches_the_next_answer(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path) as editor:
        await editor.told("fresh")
        shop.write("shop/voucher.py", "from shop.money import round_half_up\n\nONE = round_half_up(1)\n")
        await editor.told("renewed")
        note = await editor.ask("noctule/notes", {"subject": "shop/money.py:round_half_up"})

    assert [claim["kind"] for claim in note["claims"] if "shop/voucher.py" in claim["text"]] == ["users"]


async def test_what_another_process_learned_is_served_without_a_sleeper_of_ones_own(
    noctule: Noctule, shop: Repo
) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, env=NEVER, options={"sleep": False}) as editor:
        await editor.ask("noctule/notes", {"subject": "shop/money.py"})
        shop.write("shop/voucher.py", "from shop.money import exchange\n")
        noctule.ok("sleep", shop.path)
        await editor.ask("noctule/notes", {"subject": "shop/money.py"})  # after which it looks
        await editor.told("renewed")
        note = await editor.ask("noctule/notes", {"subject": "shop/money.py"})

    assert [claim["kind"] for claim in note["claims"] if "shop/voucher.py" in claim["text"]] == ["dependents"]


async def test_lines_that_have_just_changed_on_the_disk_are_not_vouched_for(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        before = await editor.ask("noctule/notes", {"subject": "shop/money.py"})
        shop.write(CART, "# nothing is left\n")
        after = await editor.ask("noctule/notes", {"subject": "shop/money.py"})

    assert [claim["kind"] for claim in before["claims"] if CART in claim["text"]] == ["dependents"]
    assert [claim for claim in after["claims"] if CART in claim["text"]] == []
    assert after["withheld"]["dependents"] == 1
