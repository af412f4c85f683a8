"""The installed script: interrupts before and after the command itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import noctule.lsp_server.cli.start as script
from noctule.lsp_server.cli.main import _handle_interrupt
from noctule.lsp_server.cli.terminal import Terminal

KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
BEFORE = KILL + "def main(begin): print('too late')\n"
AMID = f"def main(begin):\n    exec({KILL!r})\n    print('too late')\n"
WITHIN = f"""
def main(begin):
    begin()
    try:
        exec({KILL!r})
    except KeyboardInterrupt:
        return 7
"""
AFTER = f"import atexit\ndef main(begin):\n    atexit.register(lambda: exec({KILL!r}))\n    return 0\n"
IGNORED = KILL + "def main(begin):\n    print('went on')\n    return 0\n"
BUSY = """
import atexit, sys, threading, time
def work():
    time.sleep(0.1)
    print("the thread")
def main(begin):
    sys.stdout.write("the command\\n")
    threading.Thread(target=work).start()
    atexit.register(print, "what is registered")
    return 3
"""


@pytest.mark.parametrize(
    ("text", "ignores", "expected"),
    [(BEFORE, "", 130), (AMID, "", 130), (AFTER, "", 130), (IGNORED, "trap '' INT; ", 0)],
)
def test_an_interrupt_beside_the_command_ends_it_with_one_line(
    text: str, ignores: str, expected: int, tmp_path: Path
) -> None:
    done = _run(text, tmp_path, ignores)

    assert (done.returncode, done.stderr) == (expected, script.LINE if expected else b"")
    assert done.stdout == (b"went on\n" if ignores else b"")


def test_a_second_interrupt_says_nothing_more(tmp_path: Path) -> None:
    done = _run(AFTER.replace("return 0", "return 130"), tmp_path)

    assert (done.returncode, done.stderr) == (130, b"")


def test_the_line_is_the_one_of_an_interrupt_amid_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    _handle_interrupt(Terminal.of_process())

    assert capfd.readouterr().err.encode() == script.LINE


def test_the_command_itself_hears_of_an_interrupt(tmp_path: Path) -> None:
    done = _run(WITHIN, tmp_path)

    assert (done.returncode, done.stderr) == (7, b"")


def test_it_waits_for_threads_and_for_what_is_registered_and_keeps_the_exit_code(tmp_path: Path) -> None:
    done = _run(BUSY, tmp_path)

    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout.splitlines() == [b"the command", b"the thread", b"what is registered"]


def _run(text: str, tmp_path: Path, before: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run the script on a command of this text."""
    package = tmp_path / "noctule" / "lsp_server" / "cli"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").touch()
    (package / "main.py").write_text(text)
    run = [sys.executable, "-P", "-c", f"import runpy; runpy.run_path({script.__file__!r}, run_name='__main__')"]
    return subprocess.run(
        ["sh", "-c", f'{before}exec "$@"', "sh", *run],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
