"""Starts commands and children of noctule by forking a process that has imported all of noctule. Knows no pytest.

Runs in the Python of the command under test, so that the files of a wheel are what runs. Each command is a process of
its own, with arguments, environment, folder, streams, group and exit of its own. It begins from what importing left:
the server itself runs no command, and hears nothing from its children. What a fork does not show is what happens until
the imports are done; tests of that are marked `true_start`.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import inspect
import io
import marshal
import os
import pkgutil
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from typing import Any, NoReturn

LONGEST_ORDER = 1 << 17
NAME = "fork_server"
"""What the server of a command is called, which users have not among its children."""
_OF_PARENT: list[Any] = []
"""Streams of the parent: who lets go of them writes what the parent has not written yet."""
_FORKED = (".parse.pool_child ", ".llm.worker ")
"""Children that are forked from the command itself: they hold no store."""
_STARTED_BEFORE = (".background.worker ", ".think.worker ", ".parse.outline_process ")
"""Children that are forked from what a command was before it did anything."""
_LONG_LIVED = ("watch", "lsp", "mcp")
"""Commands that have such children."""
_SAMPLES = {
    "a.py": b'"""A."""\n\nimport b\n\n\nclass A:\n    def c(self) -> str:\n        return f"{b.c(self)} d"\n',
    "a.go": b"package a\n\nfunc b() {\n\tc()\n}\n",
    "a.md": b"# A\n\nB.\n",
}
"""Files in the languages of nearly all files of the tests."""
_PR_SET_CHILD_SUBREAPER = 36
_MADV_COLLAPSE = 25
_LARGE_PAGE = 2 << 20
_PLAIN: dict[str, Any] = {
    "executable": None,
    "preexec_fn": None,
    "close_fds": True,
    "pass_fds": (),
    "shell": False,
    "gid": None,
    "gids": None,
    "uid": None,
}
"""Settings of Popen that a fork does not carry out: with another value the program is executed."""


@dataclass(frozen=True)
class Order:
    """A process to start: its arguments, code for `python -P -c` or else the command, and Popen's settings."""

    argv: list[str]
    code: str | None
    env: dict[bytes, bytes] | None
    cwd: str | None
    umask: int
    start_new_session: bool
    process_group: int

    @classmethod
    def of(cls, argv: list[str], code: str | None, given: dict[str, Any]) -> Order | None:
        """Take the settings of a Popen; None where they are not all carried out by a fork."""
        if any(given[name] not in (value, ()) for name, value in _PLAIN.items()):
            return None
        env, cwd = given["env"], given["cwd"]
        if env is not None:
            env = {os.fsencode(name): os.fsencode(value) for name, value in env.items()}
        if cwd is not None and not os.path.isdir(cwd):  # noqa: PTH112 - bytes too
            return None
        group = -1 if given.get("process_group") is None else given["process_group"]
        cwd = None if cwd is None else os.fsdecode(cwd)
        return cls(argv, code, env, cwd, given["umask"], given["start_new_session"], group)

    def carry_out(self, streams: tuple[int, int, int], is_ready: Callable[[], object]) -> NoReturn:
        """Make this process, which was forked for it, the one that was ordered, run it to its end, and end.

        It says that it is ready once a signal to its process group reaches it. It ends as the interpreter does, with
        all but the one step that takes 0.1 s and shows nothing: taking down what was imported.
        """
        code = 1
        try:
            self._become(streams, is_ready)
            if self.code is None and self.argv[1:2] and self.argv[1] in _LONG_LIVED:
                _start_own_server()
            self._run()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 - the outermost loop of a process
            sys.excepthook(*sys.exc_info())
        threading._shutdown()
        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError as error:
            os.write(2, f"Exception ignored while the streams were flushed: {error!r}\n".encode())
            code = 120
        os._exit(code)

    def _become(self, streams: tuple[int, int, int], is_ready: Callable[[], object]) -> None:
        gc.freeze()  # what the parent holds is never collected here
        signal.set_wakeup_fd(-1)  # a handler of its parent's would tell its parent
        for number in (signal.SIGTERM, signal.SIGHUP):
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        try:
            if self.process_group >= 0:
                os.setpgid(0, self.process_group)
            if self.start_new_session:
                os.setsid()
        finally:
            is_ready()
        for target, stream in enumerate([os.dup(stream) for stream in streams]):
            os.dup2(stream, target)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        if self.env is not None:
            os.environb.clear()
            os.environb.update(self.env)
        time.tzset()
        if self.cwd is not None:
            os.chdir(self.cwd)
        if self.umask >= 0:
            os.umask(self.umask)
        if self.code is not None:
            module = self.code.partition(" from noctule.")[2].split()[0]
            _set_name(".".join(module.split(".")[-2:]))
        sys.argv[:] = self.argv
        _OF_PARENT.extend((sys.stdin, sys.stdout, sys.stderr))
        sys.stdin = sys.__stdin__ = _open_stream(0, sys.__stdin__)
        sys.stdout = sys.__stdout__ = _open_stream(1, sys.__stdout__)
        sys.stderr = sys.__stderr__ = _open_stream(2, sys.__stderr__)

    def _run(self) -> None:
        if self.code is not None:
            exec(compile(self.code, "<string>", "exec"), {"__name__": "__main__"})
            return
        from noctule.lsp_server.cli.main import main

        sys.exit(main())


def _set_name(name: str) -> None:
    """Have the process called by its module, as its command line would say."""
    with open("/proc/self/comm", "w") as comm:  # noqa: PTH123 - pathlib may not be imported
        comm.write(name)


def _open_stream(number: int, like: Any) -> Any:
    """Open a standard stream as the interpreter does."""
    mode, newline = ("r", None) if number == 0 else ("w", "\n")
    raw = open(number, f"{mode}b", closefd=False)  # noqa: SIM115
    line_buffering = number == 2 or (number == 1 and raw.isatty())
    return io.TextIOWrapper(raw, like.encoding, like.errors, newline, line_buffering=line_buffering)


Start = Callable[[Any, dict[str, Any]], int | None]
_EXECUTE = subprocess.Popen._execute_child
_SETTINGS = inspect.signature(_EXECUTE)


def take_over(start: Start) -> None:
    """Have every Popen ask `start` first, with itself and its settings; None means that the program is executed."""

    def start_child(self: Any, *args: Any) -> None:
        given = dict(_SETTINGS.bind(self, *args).arguments)
        pid = start(self, given)
        if pid is None:
            _EXECUTE(self, *args)
            return
        self.pid, self._child_created = pid, True
        ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[end] for end in ends))

    subprocess.Popen._execute_child = start_child


def streams_of(given: dict[str, Any]) -> tuple[int, int, int]:
    """Return the three streams that a child gets."""
    ends = (given["p2cread"], given["c2pwrite"], given["errwrite"])
    return tuple(own if end == -1 else end for own, end in enumerate(ends))


def code_of(args: Any) -> tuple[str, list[str]] | None:
    """Return the code and arguments of a child that noctule starts in this Python; None for other programs."""
    match args:
        case [sys.executable, "-P", "-c", str(code), *arguments] if " from noctule." in code:
            return code, ["-c", *arguments]
    return None


def ask(connection: socket.socket, message: bytes, streams: tuple[int, int, int]) -> int:
    """Have a server that is below this process fork a child for it; return the child's process id."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # the child is to be this process's own, not the server's
    try:
        socket.send_fds(connection, [message], streams)
        pid = int(connection.recv(64))
        connection.recv(64)
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    return pid


def _start_own_server() -> None:
    """Fork a server from a command that has done nothing yet: what has threads and a store open is not forked."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        _set_name(NAME)
        ours.close()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        _serve_to_the_end(theirs)
        os._exit(0)
    theirs.close()
    lock = threading.Lock()

    def start(_: Any, given: dict[str, Any]) -> int | None:
        found = code_of(given["args"])
        order = Order.of(found[1], found[0], given) if found is not None else None
        if order is None or order.code is None or not any(module in order.code for module in _STARTED_BEFORE):
            return _start_child(_, given)
        with lock:
            return ask(ours, marshal.dumps(astuple(order)), streams_of(given))

    take_over(start)


def _start_child(_: Any, given: dict[str, Any]) -> int | None:
    """Fork a process that parses or asks a model from the command that wants it.

    A fork of a process with threads is safe for what they do. Other children are executed.
    """
    found = code_of(given["args"])
    if found is None or not any(module in found[0] for module in _FORKED):
        return None
    order = Order.of(found[1], found[0], given)
    if order is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of threads
        ready, tells = os.pipe()
        pid = os.fork()
    if pid == 0:
        atexit._clear()  # what its parent is to do in the end
        order.carry_out(streams_of(given), lambda: os.write(tells, b"."))
    os.close(tells)
    os.read(ready, 1)
    os.close(ready)
    return pid


@contextlib.contextmanager
def _first_alone() -> Iterator[None]:
    """Have the first server of a run import before the others: it writes the byte code that they read."""
    kind = zlib.crc32(os.fsencode("\0".join([sys.executable, *sys.argv[2:]])))
    # Of a run of its own where pytest made the folder; what another run left there only means that nobody waits.
    with open(os.path.join(tempfile.gettempdir(), f"{NAME}-{kind}"), "a") as stamp:  # noqa: PTH118, PTH123 - as above
        fcntl.flock(stamp, fcntl.LOCK_EX)
        if os.fstat(stamp.fileno()).st_size:
            fcntl.flock(stamp, fcntl.LOCK_UN)
            yield
        else:
            yield
            stamp.write("imported")


def _import_everything() -> None:
    import noctule

    for module in pkgutil.walk_packages(noctule.__path__, "noctule."):
        with contextlib.suppress(ImportError):  # an extra that is not installed
            importlib.import_module(module.name)
    if sys.argv[2:] == ["litellm"]:
        _import_litellm()


def _finish_imports() -> None:
    """Import and make what modules leave to their first use: it would be done again in each process that is forked."""
    from pygls.protocol import default_converter

    from noctule.indexer import lazy_pattern
    from noctule.indexer.parse.digest import Lexicon, digest

    for name in ("anyio._backends._asyncio", "encodings.ascii", "git.cmd", "numpy.ma", "numpy.random"):
        importlib.import_module(name)
    for name, text in _SAMPLES.items():  # what reads a language is imported and made for the first file of it
        digest(text, name, Lexicon())
    default_converter()  # looks up the types of the fields of all that LSP has
    for found in gc.get_objects():
        if type(found) is lazy_pattern._Lazy:
            re.compile(found._text, found._flags)  # is kept by `re`


def _collapse_memory() -> None:
    """Have what was imported kept in large pages, where Linux can: to fork a process takes half as long then."""
    madvise = ctypes.CDLL(None).madvise
    with open("/proc/self/maps") as maps:  # noqa: PTH123 - as above
        ours = [line.split()[0].split("-") for line in maps if line.split()[1] == "rw-p"]
    for start, end in ours:
        for page in range(-(-int(start, 16) // _LARGE_PAGE), int(end, 16) // _LARGE_PAGE):
            madvise(ctypes.c_void_p(page * _LARGE_PAGE), ctypes.c_size_t(_LARGE_PAGE), _MADV_COLLAPSE)


def _import_litellm() -> None:
    """Import litellm, and by a request that reaches nobody what it imports with the first one."""
    from noctule.indexer.llm.messages import AskModel, Connection
    from noctule.indexer.llm.worker import Provider, _litellm

    try:
        library = _litellm(is_strict=False)
    except ImportError:  # it is an extra
        return
    provider = Provider(library, Connection("none", "http://127.0.0.1:9/v1", 5))
    question = {"model": "openai/none", "messages": [{"role": "user", "content": "Hello"}]}
    with contextlib.suppress(Exception):  # litellm has errors of its own
        provider.ask(AskModel(question, 10, 5))


def _serve(connection: socket.socket) -> tuple[Order, tuple[int, int, int]] | None:
    """Fork for each order; return it in the process that was forked. None: there are no more.

    That process is the child of whoever sent the order, which has become the one that orphans are given to.
    """
    while True:
        message, streams, _, _ = socket.recv_fds(connection, LONGEST_ORDER, 3)
        if not message:
            return None
        between = os.fork()
        if between == 0:
            between = os.getpid()
            child = os.fork()
            if child:
                connection.send(b"%d" % child)
                os._exit(0)
            while os.getppid() == between:
                os.sched_yield()
            return Order(*marshal.loads(message)), tuple(streams)
        os.waitpid(between, 0)
        for stream in streams:
            os.close(stream)


def _serve_to_the_end(connection: socket.socket) -> None:
    """Serve until the other end is closed; a process that was forked for an order carries it out and never returns."""
    try:
        work = _serve(connection)
    except KeyboardInterrupt:
        work = None
    if work is not None:
        take_over(_start_child)
        order, streams = work
        order.carry_out(streams, lambda: connection.send(b"ready"))


def main() -> None:
    """Serve the socket that was handed down until its other end is closed."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # what is imported stays
    with _first_alone():
        _import_everything()
        _finish_imports()
    gc.enable()
    gc.collect()
    gc.freeze()
    _collapse_memory()
    _serve_to_the_end(connection)


if __name__ == "__main__":
    main()
