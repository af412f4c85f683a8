"""Sends a command to the noctule that already runs for its repository, and prints the answer. Knows no command.

The whole way of an answer leads through this module alone, so it imports next to nothing. Whatever is not as it should
be, there is no answer, and the command runs by itself as it would without.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from itertools import pairwise

from noctule import __version__
from noctule.indexer.defaults import SERVICE_VARIABLE
from noctule.indexer.runtime import local_socket, plain_json

TYPE_CHECKING = False  # as `typing` has it
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

ASKED = frozenset({"context", "hook", "notes", "predict", "status"})
TOOL = "tool"
"""Stands for the command where a server for agents hands on a call of a tool: then comes its name."""
MOST_INPUT = 8 << 20
"""So much is read of standard input, as the commands themselves do at most."""
_WITH_VALUE = frozenset({"--at", "--budget", "--files"})
_PIPE_S = 0.2
"""So long a pipe may take until something is in it; one that stays empty is none that a task comes from."""
_OWN = frozenset({"-h", "--help", "--", "--no-service"})
"""Words with which a command is not put to anybody."""


def answer(argv: Sequence[str]) -> int | None:
    """Have a command answered and print the answer; return its exit code, or None: then nothing was printed."""
    if argv[0] not in ASKED or not _OWN.isdisjoint(argv) or sys.stdout is None or sys.stderr is None:
        return None
    if os.environ.get(SERVICE_VARIABLE, "").lower() == "false":
        return None
    try:
        started = time.monotonic()
        if lacks_task(argv) and offers_task():
            return None  # the command reads it
        given, folder = _input(argv), "."
        idle_s = time.monotonic() - started
        if argv[0] == "hook":
            event: Any = plain_json.loads(given or b"")
            folder = _hook_folder(event)
        else:
            folder = next((word for word in argv[1:] if not word.startswith("-") and os.path.isdir(word)), ".")
        path = local_socket.socket_path(local_socket.find_repository(folder)[1])
        if not local_socket.is_own_socket(path):
            return None
        question = plain_json.dumps(_of_process(argv, given, folder)).encode() + b"\n"
        reply = local_socket.ask(path, question, local_socket.patience_s(idle_s))
        told: Any = plain_json.loads(reply) if reply is not None else {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):  # read: anything
        return None
    return _print(told["out"], told["err"]) if told.get("message") == "CommandAnswer" else None


def _of_process(argv: Sequence[str], given: bytes | None, folder: str) -> dict[str, object]:
    cwd = os.getcwd()
    return make_request(argv, given, cwd, os.path.join(cwd, folder), (_style(sys.stdout), _style(sys.stderr)))


def make_request(
    argv: Sequence[str], given: bytes | None, cwd: str, near: str, styles: Sequence[tuple[int | None, bool]]
) -> dict[str, object]:
    """Return a command as `CommandRequest` (lsp_server/command_host.py) reads it. OSError."""
    return {
        "message": "CommandRequest",
        "version": __version__,
        "environment": local_socket.environment_key(settings=argv[0] == "status"),
        "system": local_socket.identify("/"),
        "folder": local_socket.identify(cwd),
        "cwd": cwd,
        "near": near,
        "argv": list(argv),
        "given": given.decode("latin-1") if given is not None else None,
        "out_style": styles[0],
        "err_style": styles[1],
    }


def _style(stream: TextIO) -> tuple[int | None, bool]:
    """Return the width of a stream, and whether it shows colours."""
    if not stream.isatty():
        return None, False
    from noctule.lsp_server.cli.terminal import stream_style  # a person, who waits for a screen anyway

    return stream_style(stream)


def _input(argv: Sequence[str]) -> bytes | None:
    """Return the command's standard input; the command can still read it afterwards. OSError, ValueError."""
    named = [at for at, word in enumerate(argv) if word == "--task-file" or word.startswith("--task-file=")]
    if argv[0] != "hook" and not named:
        return None
    if argv[0] == "hook" and sys.stdin is not None and sys.stdin.isatty():
        raise ValueError("a person started it, and is told what it waits for")
    file = "-"
    if named:
        file = argv[named[0]].partition("=")[2] or argv[named[0] + 1 : named[0] + 2][0]
    if len(named) > 1:
        raise ValueError("two tasks are an error of usage")
    if file == "-":
        return _read_input()
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:
        if not os.path.isfile(file):
            raise ValueError("what is no file can be read once")
        return opened.read(MOST_INPUT)


def lacks_task(argv: Sequence[str]) -> bool:
    """Tell whether a command would have to guess its task."""
    words = [word for before, word in pairwise(argv) if before not in _WITH_VALUE]
    named = [word for word in words if not word.startswith("-")]
    return argv[0] == "context" and all(map(os.path.isdir, named)) and not any(w.startswith("--task") for w in words)


def offers_task() -> bool:
    """Tell whether standard input is a file from its beginning on, or a pipe with something in it: a task."""
    if sys.stdin is None:
        return False
    try:
        kind = os.fstat(0)
        if stat.S_ISREG(kind.st_mode):
            return kind.st_size > 0 and os.lseek(0, 0, os.SEEK_CUR) == 0
        if not stat.S_ISFIFO(kind.st_mode):
            return False
        import select  # for this rare path

        poll = select.poll()
        poll.register(0, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(1000 * _PIPE_S))
    except (OSError, ValueError):
        return False


def _hook_folder(event: dict[str, object]) -> str:
    """Return the folder that an event is about, which each agent names in its own way. LookupError, TypeError."""
    named = event.get("cwd") or event.get("workspace_roots") or event["workspacePaths"]
    return str(named if isinstance(named, str) else named[0])  # type: ignore[index] # a TypeError then


def _read_input() -> bytes:
    import io

    given = sys.stdin.buffer.read(MOST_INPUT) if sys.stdin is not None else b""
    sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    return given


def _print(out: str, err: str) -> int:
    for stream, text in ((sys.stderr, err), (sys.stdout, out)):
        if text:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # they are files
            try:
                stream.write(text)
                stream.flush()
            except OSError as error:
                from noctule.lsp_server.cli.terminal import discard, output_error

                discard(stream)
                if stream is sys.stdout:
                    raise output_error(error) from None
    return 0
