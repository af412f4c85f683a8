"""What is off by default: code lenses, hints at what is missing from a change, and what can be done about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo, import_history
from tests.lsp_server.lsp.editor import Editor, edit, editing
from tests.lsp_server.lsp.test_requests import lasting

pytestmark = pytest.mark.asyncio

CART, TEST = "shop/cart.py", "tests/test_cart.py"
HINT = "tests/test_cart.py usually changes too (9 of the last 10 commits to this file)"


@pytest.fixture
def noctule(pair: Known) -> Noctule:
    return pair.noctule


@pytest.fixture
def learned(pair: Known) -> Repo:
    return pair.repo


def hints(editor: Editor, path: Path) -> list[types.Diagnostic]:
    return list(editor.client.diagnostics.get(path.as_uri(), ()))


def save(editor: Editor, path: Path) -> None:
    document = types.TextDocumentIdentifier(path.as_uri())
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))


async def lenses(editor: Editor, path: Path) -> list[types.CodeLens]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(path.as_uri()))
    return list(await editor.client.text_document_code_lens_async(params) or ())


async def actions(editor: Editor, path: Path, diagnostics: list[types.Diagnostic]) -> list[types.CodeAction]:
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    context = types.CodeActionContext(diagnostics)
    params = types.CodeActionParams(types.TextDocumentIdentifier(path.as_uri()), top, context)
    return list(await editor.client.text_document_code_action_async(params) or ())  # type: ignore[arg-type]


async def test_nothing_is_shown_unasked(noctule: Noctule, learned: Repo) -> None:
    async with editing(noctule, learned.path, options={"sleep": False}) as editor:
        learned.write(CART, "changed = 1\n")
        save(editor, learned.path / CART)
        shown = await lenses(editor, learned.path / CART)
        none = await actions(editor, learned.path / CART, [])
        await editor.ask("noctule/status")

    assert (shown, none, editor.client.diagnostics) == ([], [], {})


async def test_a_change_that_lacks_what_goes_with_it_is_hinted_at_and_can_be_told_to_be_silent(
    noctule: Noctule, learned: Repo
) -> None:
    cart = learned.path / CART
    async with editing(noctule, learned.path, options={"diagnostics": True, "sleep": False}) as editor:
        learned.write(CART, "changed = 1\n")
        save(editor, cart)
        await editor.until(lambda: hints(editor, cart))
        (hint,) = hints(editor, cart)
        opening, silencing = await actions(editor, cart, [hint])
        assert opening.command is not None
        assert silencing.command is not None
        await editor.command(opening.command.command, *(opening.command.arguments or ()))
        await editor.command(silencing.command.command, *(silencing.command.arguments or ()))
        await editor.until(lambda: not hints(editor, cart))

    assert (hint.message, hint.severity, hint.source) == (HINT, types.DiagnosticSeverity.Hint, "noctule")
    assert [document.uri for document in editor.client.shown_documents] == [(learned.path / TEST).as_uri()]
    assert learned.git("status", "--porcelain") == f" M {CART}\n"
    async with editing(noctule, learned.path, options={"diagnostics": True, "sleep": False}) as editor:
        save(editor, cart)
        await editor.ask("noctule/status")
        await editor.ask("noctule/notes")

        assert hints(editor, cart) == []


async def test_hints_go_when_the_change_is_whole_and_when_they_are_switched_off(
    noctule: Noctule, learned: Repo
) -> None:
    cart = learned.path / CART
    async with editing(noctule, learned.path, options={"diagnostics": True, "sleep": False}) as editor:
        editor.open(cart.as_uri(), cart.read_text())
        editor.change(cart.as_uri(), 2, edit((0, 0), (0, 0), "# not saved yet\n"))
        save(editor, cart)
        await editor.until(lambda: hints(editor, cart))
        learned.write(TEST, "changed = 1\n")
        save(editor, learned.path / TEST)
        await editor.until(lambda: not hints(editor, cart))
        learned.git("checkout", "--quiet", TEST)
        save(editor, learned.path / TEST)
        await editor.until(lambda: hints(editor, cart))
        editor.choose(diagnostics=False, sleep=False)
        await editor.until(lambda: not hints(editor, cart))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_an_open_file_with_a_byte_order_mark_is_no_change(noctule: Noctule, learned: Repo, encoding: str) -> None:
    cart, text = learned.path / CART, "number = 60\n"
    learned.commit("Carts", {CART: text.encode(encoding), TEST: text})
    noctule.ok("sleep", learned.path)
    async with editing(noctule, learned.path, options={"diagnostics": True, "sleep": False}) as editor:
        editor.open(cart.as_uri(), text)
        editor.change(cart.as_uri(), 2, edit((0, 0), (0, 0), "# not saved yet\n"))
        save(editor, cart)
        await editor.until(lambda: hints(editor, cart))
        editor.change(cart.as_uri(), 3, edit((0, 0), (1, 0), ""))
        save(editor, cart)
        await editor.until(lambda: not hints(editor, cart))


async def test_a_lens_stands_above_a_file_and_above_what_others_use_most(noctule: Noctule, shop: Repo) -> None:
    uses = {f"shop/use_{n}.py": f"from shop.money import round_half_up\n\nN = round_half_up({n})\n" for n in range(4)}
    uses["tests/test_use.py"] = uses["shop/use_0.py"]
    shop.commit("Use it", uses)
    noctule.ok("sleep", shop.path)
    money = shop.path / "shop/money.py"
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        editor.choose(codeLens=True, sleep=False)
        await editor.until(lambda: editor.lens_refreshes)
        editor.open(money.as_uri(), "# a line more\n" + money.read_text())
        above_file, above_name = await lenses(editor, money)
        assert above_name.command is not None
        await editor.command(above_name.command.command, *(above_name.command.arguments or ()))

    assert above_file.command is not None
    assert above_file.command.title.startswith("Used by 5 files")
    assert above_file.range.start.line == 0
    assert above_name.command.title == "round_half_up: used by 5 files"
    assert above_name.range.start.line == 4
    (shown,) = editor.client.shown_documents
    assert shown.uri.startswith("noctule:/shop/money.py%3Around_half_up.md?root=")


async def test_a_review_of_what_is_not_committed_names_the_file_that_is_missing(
    noctule: Noctule, tmp_path: Path
) -> None:
    pair = [("Carts", {CART: f"n = {n}\n", TEST: f"n = {n}\n"}) for n in range(120)]
    others = [("More", {f"more/part_{n % 5}.py": f"n = {n}\n"}) for n in range(120)]
    repo = import_history(tmp_path / "whole", [one for both in zip(pair, others, strict=True) for one in both])
    async with editing(noctule, repo.path, options={"sleep": False}) as editor:
        nothing = await editor.ask("noctule/review", {"precision": 0.8})
        noctule.ok("sleep", repo.path)
        repo.write(CART, "changed = 1\n")
        reviews = [await editor.ask("noctule/review", {"precision": 0.8}) for _ in range(2)]
        tests = await editor.ask("noctule/review")

    assert nothing["known"] is False
    assert lasting(reviews[0]) == lasting(reviews[1])
    (missing,) = reviews[0]["findings"]
    assert (missing["kind"], missing["path"], missing["subject"]) == ("forgotten", TEST, CART)
    assert reviews[0]["record"]["precision"] >= 0.8
    assert (tests["findings"], tests["withheld"]) == ([], "not asked for")
    assert [test["path"] for test in tests["tests"]] == [TEST]
