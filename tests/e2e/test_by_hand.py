"""Commands that programs start, started by a person on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import signal

import pytest

from tests.e2e.conftest import Noctule, noctule, pristine_shop, shop
from tests.e2e.repositories import Repo
from tests.patience import PATIENCE_S

__all__ = ["noctule", "pristine_shop", "shop"]  # the fixtures


@pytest.mark.parametrize("words", [("lsp",), ("mcp", "--no-sleep"), ("hook", "claude-code")])
def test_it_says_what_it_waits_for_and_an_interrupt_ends_it(
    noctule: Noctule, shop: Repo, words: tuple[str, ...]
) -> None:
    ours, terminal = pty.openpty()
    said = b""
    with noctule.start(*words, cwd=shop.path, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        while b"\n" not in said:
            said += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE_S)
    with contextlib.suppress(OSError):  # on Linux the other end is gone
        while rest := os.read(ours, 4096):
            said += rest
    os.close(ours)

    assert b"Waiting for an " in said
    assert code == 130
    assert b"Traceback" not in said
    assert b"Fatal" not in said


def test_a_language_server_without_input_says_so(noctule: Noctule, shop: Repo) -> None:
    ran = noctule("lsp", cwd=shop.path, before=lambda: os.close(0))

    assert ran.code == 1
    assert "standard input or output is closed" in ran.complaint
