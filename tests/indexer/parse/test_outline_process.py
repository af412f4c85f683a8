from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from noctule.indexer.parse.outline import MOST_BYTES, LiveOutline, empty_outline, make_outline
from noctule.indexer.parse.outline_process import OutlineProcess, serve

pytestmark = pytest.mark.true_start
TEXT = b"class Cart:\n    def total(self):\n        '''Sum.\n        up'''\n        return 1\n"


def work() -> None:
    """Crash or hang at some texts, as a parser would."""

    def make(text: bytes, path: str) -> LiveOutline | None:
        if b"crash" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"hang" in text:
            time.sleep(1000)
        return make_outline(text, path)

    serve(make)


@pytest.fixture
def fragile() -> Iterator[OutlineProcess]:
    process = OutlineProcess(module=__name__, most_wait_s=20.0)
    yield process
    process.close()


def test_a_child_reads_what_the_caller_would(fragile: OutlineProcess) -> None:
    long = TEXT * (MOST_BYTES // len(TEXT) - 1)
    texts = [(TEXT, "a.py"), (long, "a.py"), (long * 2, "a.py"), (b"func f() {}", "é\udc80.go"), (b"", "a.py")]

    for text, path in [*texts, (b"plain words", "notes.txt")]:
        assert fragile.outline(text, path) == make_outline(text, path)


def test_a_text_at_which_the_parser_crashes_defines_nothing_and_costs_no_other(fragile: OutlineProcess) -> None:
    assert fragile.outline(TEXT + b"# crash\n", "a.py") == empty_outline(TEXT + b"# crash\n")
    assert fragile.outline(TEXT, "a.py") == make_outline(TEXT, "a.py")


def test_a_child_that_was_killed_between_two_texts_blames_none(fragile: OutlineProcess) -> None:
    fragile.outline(TEXT, "a.py")
    first = fragile.process_id
    assert first is not None
    os.kill(first, signal.SIGSEGV)

    assert fragile.outline(TEXT * 2, "a.py") == make_outline(TEXT * 2, "a.py")
    assert fragile.process_id != first


def test_a_parser_that_hangs_is_ended() -> None:
    process = OutlineProcess(module=__name__, most_wait_s=0.5)
    text = b"hang = 1\n"

    assert process.outline(text, "a.py") == empty_outline(text)
    assert process.process_id is None


def test_closing_ends_the_child_and_what_waits_for_it(fragile: OutlineProcess) -> None:
    fragile.outline(TEXT, "a.py")
    child = fragile.process_id
    fragile.close()

    assert child is not None
    assert not psutil.pid_exists(child)
    assert fragile.outline(TEXT, "a.py") == empty_outline(TEXT)
