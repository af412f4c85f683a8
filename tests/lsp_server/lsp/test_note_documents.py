"""The whole note as a document of its own: its text, its links, and what it never leads to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from noctule.lsp_server.lsp.markdown import code, escape
from noctule.lsp_server.lsp.uris import note_uri, path_to_uri, uri_to_note, uri_to_path
from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo
from tests.lsp_server.lsp.editor import Editor, capabilities, editing


async def content(editor: Editor, uri: str) -> str:
    answer = await editor.client.workspace_text_document_content_async(types.TextDocumentContentParams(uri))
    return answer.text


async def links(editor: Editor, uri: str) -> list[types.DocumentLink]:
    params = types.DocumentLinkParams(types.TextDocumentIdentifier(uri))
    return list(await editor.client.text_document_document_link_async(params) or ())


async def definition(editor: Editor, uri: str, at: types.Position) -> object:
    params = types.DefinitionParams(types.TextDocumentIdentifier(uri), at)
    return await editor.client.text_document_definition_async(params)


@pytest.mark.asyncio
async def test_a_hover_leads_to_the_whole_note_and_that_to_its_evidence(known: Known) -> None:
    cart = (known.repo.path / "shop/cart.py").as_uri()
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        said = await editor.hover(cart, 2, 25)
        assert said is not None
        address = said.rpartition("](")[2].rstrip(")")
        text = await content(editor, address)
        found = await links(editor, address)
        at = found[0].range.start
        target = await definition(editor, address, at)
        nothing = await definition(editor, address, types.Position(0, 0))
        in_code = await definition(editor, cart, types.Position(2, 25))

    assert text.startswith("# `shop/money.py:round_half_up`\n")
    assert "## users" in text
    assert re.search(r"\[`shop/cart\.py:(\d+)`\]\(file:///\S+/shop/cart\.py#L\1\)", text)
    assert found[0].target is not None
    assert found[0].target.startswith(f"{cart}#L")
    assert isinstance(target, types.Location)
    assert target.uri == cart
    assert target.range.start.line == int(found[0].target.rpartition("#L")[2].partition(",")[0]) - 1
    assert (nothing, in_code) == (None, None)


@pytest.mark.asyncio
async def test_definitions_are_registered_for_notes_alone(known: Known) -> None:
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        await editor.until(lambda: editor.registered)

    registered = {r.method: r.register_options for r in editor.registered}
    assert editor.capabilities.definition_provider is None
    assert registered["textDocument/definition"]["documentSelector"] == [{"scheme": "noctule"}]


@pytest.mark.asyncio
async def test_a_client_that_opens_no_such_documents_is_shown_the_note(known: Known) -> None:
    workspace = {"text_document_content": None}
    async with editing(known.noctule, known.repo.path, can=capabilities(workspace=workspace)) as editor:
        said = await editor.hover((known.repo.path / "shop/cart.py").as_uri(), 2, 25)
        given_ = {"uri": known.repo.path.as_uri(), "subject": "shop/money.py"}
        shown = await editor.command("noctule/show", given_)

    assert said is not None
    assert "](" not in said
    assert shown.startswith("# `shop/money.py`\n")
    assert [message.message for message in editor.client.messages] == [shown]


@pytest.mark.asyncio
async def test_no_address_leads_out_of_the_workspace(known: Known, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    outside = [
        note_uri(tmp_path / "other", "x.py"),
        note_uri(known.repo.path.parent, ""),
        note_uri(known.repo.path, "../../../etc/passwd"),
        "noctule:/x.md",
        "noctule:/x.md?root=%2F&subject=etc",
        "noctule:/x.md?root=%00&subject=",
        "noctule:",
        "file:///etc/passwd",
    ]
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        for uri in outside:
            with pytest.raises(JsonRpcException):
                await content(editor, uri)
            assert await links(editor, uri) == []
        forged = note_uri(known.repo.path, "shop/money.py")
        editor.open(forged, "`../../etc/passwd:1-2` `/etc/passwd:1-2` `shop/cart.py:1-2`\n")
        found = await links(editor, forged)

    assert [link.target for link in found] == [f"{(known.repo.path / 'shop/cart.py').as_uri()}#L1,1"]


@pytest.mark.asyncio
async def test_names_of_a_repository_act_on_nothing(noctule: Noctule, shop: Repo) -> None:
    name = "shop/[click](command:evil)<b>`x`.py"
    shop.commit("Evil", {name: "from shop.money import exchange\n\nONE = exchange(1, 2)\n"})
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        said = await editor.hover((shop.path / "shop/money.py").as_uri(), 8, 5)
        text = await content(editor, note_uri(shop.path, "shop/money.py"))
        found = await links(editor, note_uri(shop.path, "shop/money.py"))

    assert said is not None
    assert "command:evil" in said
    for shown in (said, text):
        assert "[click](command" not in re.sub(r"\\.", "", re.sub(r"(`+).*?\1", "", shown))
        assert "<b>" not in re.sub(r"\\.", "", re.sub(r"(`+).*?\1", "", shown))
    assert not any(link.target is not None and link.target.startswith("command:") for link in found)


@given(st.text(max_size=40))
def test_escaped_text_holds_no_markdown_and_code_no_way_out(text: str) -> None:
    bare = re.sub(r"\\.", "", escape(text))
    fenced = code(text)
    fence = re.match(r"`+", fenced)

    assert not set(bare) & set("`*[]<>#|\n\r")
    assert fence is not None
    assert fenced.endswith(fence[0])
    assert fence[0] not in fenced[len(fence[0]) : -len(fence[0])]


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=6).filter(lambda name: b"\0" not in name),
)
@example("", b"\xc2/\x80")
def test_an_address_says_which_note_it_is(subject: str, odd: bytes) -> None:
    root = Path("/work trees/a&b=c #1")
    named = subject + odd.decode("utf-8", "surrogateescape")

    assert uri_to_note(note_uri(root, named)) == (root, named)
    path = Path("/top") / (odd.replace(b"/", b"").decode("utf-8", "surrogateescape") or "x")
    if path.name not in ("", "..") and path.parent == Path("/top"):
        assert uri_to_path(path_to_uri(path)) == path


def test_the_underscores_around_a_name_are_shown_and_those_within_need_no_escape() -> None:
    assert escape("Used by __init__.py and make_response") == r"Used by \_\_init\_\_.py and make_response"
