"""Has the commands and children that tests start forked by a server, which spares each of them its imports.

A command takes 0.1 to 1.5 s of processor time until its imports are done, and the tests start over a thousand. On
Linux they are forked by `tests.fork_server`. Elsewhere, in tests marked `true_start`, and where the settings of Popen
or the environment reach the interpreter itself, they are executed as users execute them.
"""

from __future__ import annotations

import marshal
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from threading import Lock
from typing import Any

from tests import fork_server
from tests.fork_server import Order

_OF_INTERPRETER = ("PYTHON", "LC_", "LANG", "LD_", "OPENBLAS", "OMP")
"""What variables are called that act before the first line of a program runs."""
_SET_BY_NOCTULE = {"OPENBLAS_NUM_THREADS": "1"}
"""What noctule sets for its children, and for itself before it imports numpy."""
SCRIPT = os.environ.get("NOCTULE_COMMAND") or str(Path(sys.executable).parent / "noctule")


class ForkServers:
    """A server for each Python that runs noctule: the one of the tests, and that of the command under test."""

    def __init__(self) -> None:
        self.are_used = True
        self._variables = _of_interpreter(os.environ)
        self._lock = Lock()
        self._servers: dict[tuple[str, bool], tuple[subprocess.Popen[bytes], socket.socket]] = {}

    def start(self, process: Any, given: dict[str, Any]) -> int | None:
        """Start what a Popen is to start, and return its process id; None where it has to be executed."""
        environment = os.environ if given["env"] is None else given["env"]
        if not self.are_used or _of_interpreter(environment) != self._variables:
            return None
        found = _program(given["args"])
        if found is None:
            return None
        python, argv, code = found
        order = Order.of(argv, code, given)
        if order is None:
            return None
        message = marshal.dumps(astuple(order))
        if len(message) > fork_server.LONGEST_ORDER:
            return None
        kind = (python, _may_ask_a_model(code, environment))
        with self._lock:
            return self._fork(kind, message, fork_server.streams_of(given))

    def _fork(self, kind: tuple[str, bool], message: bytes, streams: tuple[int, int, int]) -> int:
        if kind not in self._servers:
            self._servers[kind] = _start_server(*kind)
        _, connection = self._servers[kind]
        try:
            return fork_server.ask(connection, message, streams)
        except BaseException:
            del self._servers[kind]  # the rest of what it says would be taken for the answer to the next order
            raise

    def close(self) -> None:
        """End the servers."""
        for process, connection in self._servers.values():
            connection.close()
            process.wait()
        self._servers.clear()

    @contextmanager
    def switched_off(self) -> Iterator[None]:
        """Have everything executed meanwhile."""
        self.are_used = False
        try:
            yield
        finally:
            self.are_used = True


def install() -> ForkServers | None:
    """Have processes forked from here on, where the platform can."""
    if sys.platform != "linux":
        return None
    servers = ForkServers()
    fork_server.take_over(servers.start)
    return servers


def _program(args: Any) -> tuple[str, list[str], str | None] | None:
    """Return the Python, the arguments and the code of a program that can be forked."""
    child = fork_server.code_of(args)
    if child is not None:
        return sys.executable, child[1], child[0]
    match args:
        case [sys.executable, "-m", "noctule.lsp_server.cli.main", *arguments]:
            return sys.executable, ["noctule", *map(os.fsdecode, arguments)], None
    if not isinstance(args, list | tuple) or os.fsdecode(args[0]) != SCRIPT:
        return None
    with Path(SCRIPT).open("rb") as script:
        python = os.fsdecode(script.readline()[2:].strip())
    if "python" not in Path(python).name:  # its path is too long for a first line
        return None
    return python, [os.fsdecode(arg) for arg in args], None


def _of_interpreter(environment: Any) -> dict[str, str]:
    named = _SET_BY_NOCTULE | {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
    return {name: value for name, value in named.items() if name.startswith(_OF_INTERPRETER)}


def _may_ask_a_model(code: str | None, environment: Any) -> bool:
    if code is None:
        return "NOCTULE_MODEL_THINK" in environment
    return ".llm." in code or ".think." in code or (".fleet." in code and "NOCTULE_MODEL_KEY" in environment)


def _start_server(python: str, with_litellm: bool) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [python, "-P", fork_server.__file__, str(theirs.fileno()), *(["litellm"] if with_litellm else [])],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=_SET_BY_NOCTULE | {k: v for k, v in os.environ.items() if not k.startswith("NOCTULE_")},
        )
    return process, ours
