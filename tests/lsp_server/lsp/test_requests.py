"""The custom requests: answers in the JSON contract, errors that say what to do, and the same as commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from tests.e2e.conftest import Known, Noctule
from tests.e2e.repositories import Repo, make_depot, make_wide
from tests.lsp_server.lsp.editor import AT_ONCE, Editor, editing

pytestmark = pytest.mark.asyncio

VOLATILE = {"elapsed_ms", "learned_at"}


def lasting(value: Any) -> Any:
    """Return a document without what differs between two answers to the same question."""
    if isinstance(value, dict):
        return {name: lasting(of) for name, of in value.items() if name not in VOLATILE}
    return [lasting(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("method", "params", "arguments"),
    [
        (
            "noctule/context",
            {"task": "the discount is taken off twice", "budgetTokens": 300, "files": 3},
            ["context", "--task", "the discount is taken off twice", "--budget", "300", "--files", "3"],
        ),
        ("noctule/notes", {"subject": "shop/cart.py"}, ["notes", ".", "shop/cart.py"]),
        (
            "noctule/notes",
            {"subject": "shop/cart.py:Cart.total_price"},
            ["notes", ".", "shop/cart.py:Cart.total_price"],
        ),
        ("noctule/notes", {"subject": "shop"}, ["notes", ".", "shop"]),
        ("noctule/notes", {}, ["notes", "."]),
        ("noctule/notes", None, ["notes", "."]),
        (
            "noctule/predict",
            {"given": ["shop/cart.py"], "task": "discount", "k": 4},
            ["predict", ".", "--given", "shop/cart.py", "--task", "discount", "-k", "4"],
        ),
        ("noctule/predict", {}, ["predict"]),
        ("noctule/review", {"precision": 0.8}, ["review"]),
        ("noctule/review", None, ["tests"]),
    ],
)
async def test_a_request_is_answered_as_the_command_line_answers(
    known: Known, method: str, params: dict[str, object] | None, arguments: list[str]
) -> None:
    printed = known.noctule.json(*arguments, cwd=known.repo.path)
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        answer = await editor.ask(method, params)
        commanded = await editor.command(method, *([] if params is None else [params]))

    assert lasting(answer) == lasting(printed)
    assert lasting(commanded) == lasting(printed)


async def test_status_queue_and_ledger_are_those_of_the_command_line(known: Known) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        await editor.told("fresh")
        status, queue, ledger = [await editor.ask(f"noctule/{name}") for name in ("status", "queue", "ledger")]

    assert (status["schema"], status["root"], status["kind"]) == (1, str(known.repo.path), "work tree")
    assert status["sleep"]["pid"] == editor.pid
    assert {"next", "left_out", "today", "left"} <= queue.keys()
    assert {"cost", "served", "estimated_saving"} <= ledger.keys()


async def test_what_is_served_is_written_into_the_ledger(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    uri = (shop.path / "shop/cart.py").as_uri()
    async with editing(noctule, shop.path, options={"sleep": False}) as editor:
        await editor.ask("noctule/context", {"task": "the discount is taken off twice"})
        await editor.hover(uri, 5, 7)
        await editor.ask("noctule/predict")
        ledger = await editor.ask("noctule/ledger")

    assert {kind: given["requests"] for kind, given in ledger["served"].items()} == {
        "context": 1,
        "notes": 1,
        "predict": 1,
    }


async def test_the_subject_may_be_where_a_cursor_stands(known: Known) -> None:
    uri = (known.repo.path / "shop/cart.py").as_uri()
    async with editing(known.noctule, known.repo.path) as editor:
        pointed = await editor.ask("noctule/notes", {"uri": uri, "position": {"line": 2, "character": 25}})
        editor.open(uri, "\n" + (known.repo.path / "shop/cart.py").read_text())
        moved = await editor.ask("noctule/notes", {"uri": uri, "position": {"line": 3, "character": 25}})
        file = await editor.ask("noctule/notes", {"uri": uri})

    assert pointed["subject"] == moved["subject"] == "shop/money.py:round_half_up"
    assert file["subject"] == "shop/cart.py"


async def failure(editor: Editor, method: str, params: object) -> tuple[int, str]:
    with pytest.raises(JsonRpcException) as raised:
        await editor.ask(method, params)
    return raised.value.code, str(raised.value)


async def test_an_error_says_what_to_do(known: Known, tmp_path: Path) -> None:
    uri = (known.repo.path / "shop/cart.py").as_uri()
    async with editing(known.noctule, known.repo.path) as editor:
        errors = [
            await failure(editor, "noctule/notes", {"subject": "shop/crt.py"}),
            await failure(editor, "noctule/notes", {"subject": "../../etc/passwd"}),
            await failure(editor, "noctule/notes", {"uri": uri, "position": {"line": 0, "character": 0}}),
            await failure(editor, "noctule/context", {"task": "  "}),
            await failure(editor, "noctule/predict", {"given": ["none.py"]}),
            await failure(editor, "noctule/notes", {"uri": tmp_path.as_uri()}),
            await failure(editor, "noctule/notes", {"uri": "https://example.org/cart.py"}),
        ]
        wrong = [
            await failure(editor, "noctule/context", {}),
            await failure(editor, "noctule/context", {"task": 7}),
            await failure(editor, "noctule/context", {"task": "x", "budgetTokens": -1}),
            await failure(editor, "noctule/context", {"task": "x", "budgetTokens": True}),
            await failure(editor, "noctule/context", {"task": "x", "files": 0}),
            await failure(editor, "noctule/predict", {"given": "shop/cart.py"}),
            await failure(editor, "noctule/predict", {"given": [1]}),
            await failure(editor, "noctule/notes", {"position": [1, 2]}),
            await failure(editor, "noctule/pause", {"seconds": 0}),
            await failure(editor, "noctule/notes", {"subject": ["x"]}),
        ]

    assert {code for code, _ in errors} == {-32803}
    assert "did you mean shop/cart.py" in errors[0][1]
    assert "is outside the workspace; open its folder in the workspace first" in errors[5][1]
    assert {code for code, _ in wrong} == {-32602}
    assert "task is missing" in wrong[0][1]


@pytest.mark.parametrize("subject", ["--output=x", "\0", "a" * 1_000_000, "..", "/", "~", "-", "\udcff.py", "x:y:z"])
async def test_no_subject_does_harm(known: Known, subject: str) -> None:
    async with editing(known.noctule, known.repo.path, options={"sleep": False}) as editor:
        code, _ = await failure(editor, "noctule/notes", {"subject": subject})
        assert await editor.hover((known.repo.path / "shop/cart.py").as_uri(), 2, 25) is not None

    assert code == -32803
    assert known.repo.git("status", "--porcelain") == ""


async def test_a_repository_of_which_nothing_is_known_is_said_to_be_so_and_learned(
    noctule: Noctule, tmp_path: Path
) -> None:
    wide = make_wide(tmp_path / "wide", 60, functions=60)
    uri = (wide.path / "package_1/module_1.py").as_uri()
    async with editing(noctule, wide.path) as editor:
        first = await editor.ask("noctule/context", {"task": "step_7"})
        hovered = await editor.hover(uri, 1, 6)
        await editor.told("renewed")
        later = await editor.ask("noctule/context", {"task": "step_7"})

    assert (first["schema"], first["known"], first["root"]) == (1, False, str(wide.path))
    assert first["ask_again_s"] > 0
    assert hovered is None
    assert later["files"]


async def test_a_large_repository_of_which_nothing_is_known_is_answered_from_a_first_look(
    noctule: Noctule, tmp_path: Path
) -> None:
    depot = make_depot(tmp_path / "depot")
    async with editing(noctule, depot.path, options={"sleep": False}) as editor:
        pack = await editor.ask("noctule/context", {"task": "The discount is taken off twice in total_price"})
        empty = await failure(editor, "noctule/context", {"task": " "})
        noctule.ok("sleep", depot.path)
        await editor.told("renewed")
        later = await editor.ask("noctule/context", {"task": "The discount is taken off twice in total_price"})

    assert pack["files"][0]["path"] == later["files"][0]["path"] == "shop/cart.py"
    assert (pack["freshness"]["state"], pack["freshness"]["history"]) == ("pending", None)
    assert pack["freshness"]["pending_count"] > 0
    assert later["freshness"]["state"] == "fresh"
    assert "the task is empty" in empty[1]


async def test_a_pause_stops_sleep_and_resume_lets_it_go_on(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    async with editing(noctule, shop.path, env=AT_ONCE) as editor:
        await editor.told("fresh")
        paused = await editor.ask("noctule/pause", {"seconds": 600})
        shop.commit("Vouchers", {"shop/voucher.py": "def redeem_voucher(code):\n    return code\n"})
        held = await editor.told("state", state="awake")
        while "paused" not in held["text"]:
            editor.changes.clear()
            held = await editor.told("state", state="awake")
        resumed = await editor.ask("noctule/resume")
        await editor.told("job")

    assert (paused["paused"], resumed["paused"]) == (True, False)
    assert paused["until"] is not None
