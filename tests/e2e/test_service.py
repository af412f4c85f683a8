"""Commands that a running `noctule watch` answers: byte for byte what they print alone, or not answered at all."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil
import pytest

from noctule.indexer.runtime import local_socket
from noctule.indexer.serve.repository import Repository
from noctule.indexer.store.lease import lease
from noctule.indexer.store.rows import PARTIAL
from noctule.indexer.store.store import Store
from noctule.lsp_server.cli import service_client
from noctule.lsp_server.cli.main import main
from noctule.lsp_server.mcp.arguments import Arguments
from noctule.lsp_server.mcp.calls import CALLS
from noctule.lsp_server.mcp.learner import Learner
from noctule.lsp_server.mcp.tools import NAMED
from noctule.lsp_server.settings import Settings
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.patience import PATIENCE_S, soon

NEVER = {"NOCTULE_IDLE_AFTER_S": "3600"}
SUBJECTS = ("the discount of the cart", "total_price", "money is rounded", "the invoice mail", "Listen on an address")
ASPECTS = ("is wrong", "is slow", "needs a test", "ends in", "was renamed", "for", "and", "or", "has no", "x")
TASKS = [f"{one} {how} {other}" for one, other in zip(SUBJECTS, SUBJECTS[::-1], strict=True) for how in ASPECTS]
_TOOK = re.compile(r'[\d.]+ ms$|"elapsed_ms": \{[^}]*\}', re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """A known repository with a `noctule watch` on it, and commands run in this process."""

    repo: Repo
    noctule: Noctule
    watch: subprocess.Popen[bytes]
    printed: Callable[[], tuple[str, str]]

    @property
    def socket(self) -> Path:
        return Path(local_socket.socket_path(local_socket.find_repository(os.fspath(self.repo.path))[1]))

    def ask(self, *argv: str | Path) -> tuple[str, str] | None:
        """Return what the service has a command print; None where it does not answer."""
        code = service_client.answer([str(word) for word in argv])
        out, err = self.printed()
        assert code == 0 or (code, out, err) == (None, "", "")
        return None if code is None else (_without_time(out), _without_time(err))

    def run(self, *argv: str | Path) -> tuple[str, str]:
        """Return what a command prints by itself."""
        assert main([str(word) for word in (*argv, "--no-service")]) == 0
        out, err = self.printed()
        return _without_time(out), _without_time(err)

    def assert_same(self, *argv: str | Path) -> None:
        """An edit may be read in several steps while this asks: then it asks again, until nothing moved around it."""
        until = time.monotonic() + PATIENCE_S
        before, asked = self.run(*argv), self.ask(*argv)
        while asked != before:
            after = self.run(*argv)
            assert after != before, (argv, asked, before)
            assert time.monotonic() < until, argv
            before, asked = after, self.ask(*argv)


def _without_time(text: str) -> str:
    return _TOOK.sub("", text)


@pytest.fixture
def served(
    shop: Repo, noctule: Noctule, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Served]:
    """A busy machine is no reason to be answered by nobody: who asks here has patience."""
    monkeypatch.setattr(local_socket, "TAKEN_WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(local_socket, "LATEST_TAKEN_S", PATIENCE_S)
    monkeypatch.setattr(local_socket, "ANSWERED_WITHIN_S", PATIENCE_S)
    monkeypatch.setenv("NOCTULE_CACHE_DIR", str(noctule.cache))
    for name, value in NEVER.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(shop.path)
    umask = os.umask(0o077)
    noctule.ok("sleep", shop.path)
    with noctule.start("watch", shop.path, env=NEVER, stdout=subprocess.DEVNULL) as watch:
        served = Served(shop, noctule, watch, lambda: tuple(capsys.readouterr()))
        assert soon(lambda: served.ask("notes") is not None)  # until it listens and has loaded what is known
        try:
            yield served
        finally:
            os.umask(umask)
            watch.send_signal(signal.SIGCONT)
            watch.terminate()
            watch.communicate()


def test_answers_are_the_same_with_and_without_a_service(served: Served) -> None:
    assert len(set(TASKS)) == 50
    for task in TASKS:
        served.assert_same("context", "--task", task)

    (served.repo.path.parent / "issue.md").write_text("The invoice mail is wrong\n")
    for argv in (
        ("context", "--json", "--task-file", "../issue.md"),
        ("context", ".", "total_price", "--budget", "300"),
        ("notes",),
        ("notes", "shop/cart.py", "--json"),
        ("notes", "shop"),
        ("predict", "shop/cart.py"),
        ("status", "--ledger"),
        ("status", "--queue"),
    ):
        served.assert_same(*argv)


def test_an_answer_knows_the_files_the_branch_and_the_folder_of_the_moment(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, task = served.repo, ("context", "--task", "exchange an amount of money", "--json")

    repo.write("shop/money.py", "def exchange(amount):\n    return convert(amount)\n")
    served.assert_same(*task)
    assert served.ask(*task) != ("", "")
    repo.commit("Exchange otherwise")
    repo.git("checkout", "--quiet", "-b", "other", "HEAD~40")
    served.assert_same(*task)
    served.noctule.ok("sleep", repo.path)
    served.assert_same(*task)
    monkeypatch.chdir(repo.path / "shop")
    served.assert_same("notes", "cart.py")
    served.assert_same("predict", "money.py")
    monkeypatch.chdir(repo.path.parent)
    served.assert_same("notes", "shop", "shop/cart.py:Cart")

    repo.git("worktree", "add", "--quiet", str(repo.path.parent / "beside"), "main")
    served.noctule.ok("sleep", repo.path.parent / "beside")
    beside = ("context", repo.path.parent / "beside", "the invoice mail")
    assert soon(lambda: served.ask(*beside) is not None)
    served.assert_same(*beside)


def test_in_the_middle_of_a_sleep_the_answer_is_that_of_the_moment(served: Served) -> None:
    task = ("context", "--task", "exchange an amount of money")
    served.repo.commit("Add files", {f"more/part_{n}.py": f"def exchange_{n}(amount): pass\n" * 30 for n in range(60)})

    compared = 0
    with served.noctule.start("sleep", served.repo.path) as sleep:
        while sleep.poll() is None or not compared:
            before, asked, after = served.run(*task), served.ask(*task), served.run(*task)
            if before == after:  # nothing was learned in between
                assert asked in (before, None)
                compared += asked is not None

    assert served.ask(*task) == served.run(*task)


def test_a_hook_is_answered_once_in_a_session(served: Served) -> None:
    event = {"session_id": "one", "hook_event_name": "UserPromptSubmit", "cwd": str(served.repo.path)}
    said = json.dumps({**event, "prompt": "The discount of the cart is taken off twice in total_price"}).encode()

    def hear() -> str:
        ran = served.noctule("hook", "claude-code", "--within", "60", stdin=said)
        assert (ran.code, ran.err) == (0, "")
        return ran.out

    first, second = hear(), hear()

    assert "shop/cart.py" in json.loads(first)["hookSpecificOutput"]["additionalContext"]
    assert second == ""


def test_what_another_process_would_answer_otherwise_is_declined(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    task = ("context", "--task", "total_price")
    assert served.ask(*task) is not None

    assert served.ask(*task, "--at", "HEAD~1") is None
    assert served.ask(*task, "--no-service") is None
    assert served.ask("context", "--bugdet", "3") is None
    assert served.ask("notes", "nosuch.py") is None
    assert served.ask("notes", "--export", str(tmp_path / "bundle")) is None
    for name, value in (("HOME", "/nowhere"), ("GIT_CONFIG_COUNT", "1"), ("NOCTULE_SERVICE_ENABLED", "false")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert served.ask(*task) is None, name
    with monkeypatch.context() as changed:
        changed.setenv("NOCTULE_IDLE_AFTER_S", "5")
        assert served.ask(*task) is not None
        assert served.ask("status", "--queue") is None
    monkeypatch.setattr(service_client, "__version__", "0.0.0")
    assert served.ask(*task) is None
    assert served.run(*task) != ("", "")


def test_who_is_stopped_or_killed_or_not_the_users_own_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, path = ("context", "--task", "total_price"), served.socket
    expected = served.run(*task)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    monkeypatch.setattr(local_socket, "TAKEN_WITHIN_S", 0.02)
    monkeypatch.setattr(local_socket, "LATEST_TAKEN_S", 0.02)

    served.watch.send_signal(signal.SIGSTOP)
    assert served.ask(*task) is None
    served.watch.kill()
    served.watch.wait()
    assert path.is_socket()  # what it left
    assert served.ask(*task) is None

    real = path.with_name("real")
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(real))
        listening.listen()
        path.symlink_to(real)
        assert served.ask(*task) is None
        path.unlink()
        real.rename(path)
        if os.geteuid() == 0:
            os.chown(path, 12345, -1)
            assert served.ask(*task) is None
            os.chown(path, 0, -1)
        path.parent.chmod(0o755)
        assert served.ask(*task) is None
        path.parent.chmod(0o700)
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()  # nobody has connected until here

        listening.settimeout(PATIENCE_S)
        monkeypatch.setattr(local_socket, "TAKEN_WITHIN_S", PATIENCE_S)
        monkeypatch.setattr(local_socket, "LATEST_TAKEN_S", PATIENCE_S)
        for said in (
            b"",
            b"\0\n",
            b'{"message": "CommandTaken"}\n{"message": "CommandAnswer"',
            b'{"message": "CommandDeclined"}\n',
        ):
            thread = Thread(target=_say, args=(listening, said))
            thread.start()
            assert served.ask(*task) is None
            thread.join()
    path.unlink()
    path.write_text("no socket")
    assert served.ask(*task) is None
    assert served.run(*task) == expected

    with served.noctule.start("watch", served.repo.path, env=NEVER, stdout=subprocess.DEVNULL) as watch:
        assert soon(lambda: served.ask(*task) == expected)  # it puts its own in the place of what it finds
        watch.terminate()
        watch.communicate()
    assert not path.exists()


def _say(listening: socket.socket, said: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1 << 20)
        connection.sendall(said)


def test_a_server_for_agents_hands_on_its_calls_and_loads_nothing(served: Served) -> None:
    repository = Repository.open(served.repo.path)
    asking, alone = (Learner(repository, Settings(), sleeps=False, serves=serves) for serves in (True, False))
    calls: dict[str, dict[str, object]] = {
        "context": {"task": "The discount is taken off twice in total_price"},
        "notes": {"subject": "shop/cart.py"},
        "predict": {"files": ["shop/cart.py", "shop/new.py"]},
    }

    for name, given in calls.items():
        question = CALLS[name](Arguments(NAMED[name], given), alone.learning)
        assert asking.relay(name, given) == alone.ask(question).result(PATIENCE_S).reply
        assert alone.relay(name, given) is None
    assert asking.relay("notes", {"subject": "nosuch.py"}) is None
    assert asking.relay("context", {"tusk": "x"}) is None
    assert not asking.service.ask(lambda view: view.known).result(PATIENCE_S)
    served.watch.kill()
    served.watch.wait()
    assert soon(lambda: asking.relay("notes", {}) is None)  # it may ask itself until it knows that it listens
    asking.close()
    alone.close()


def test_nobody_listens_where_the_user_has_said_so(shop: Repo, noctule: Noctule) -> None:
    for options, environment in ((("--no-service",), {}), ((), {"NOCTULE_SERVICE_ENABLED": "false"})):
        with noctule.start("watch", shop.path, "--json", *options, env={**NEVER, **environment}) as watch:
            assert watch.stdout is not None
            while b'"fresh"' not in watch.stdout.readline():
                pass
            assert [c.laddr for c in psutil.Process(watch.pid).net_connections("unix") if c.laddr] == []
            watch.terminate()
            watch.communicate()


def test_a_watch_in_the_background_is_started_once_and_stopped(shop: Repo, noctule: Noctule) -> None:
    noctule.ok("sleep", shop.path)

    def watch(option: str) -> str:
        return noctule.ok("watch", shop.path, option, env=NEVER).out.partition(": ")[2]

    try:
        started = re.match(r"process (\d+) watches in the background; --stop ends it", watch("--detach"))
        assert started is not None
        pid = int(started[1])
        assert (os.getsid(pid), pid != os.getsid(0)) == (pid, True)
        assert watch("--detach") == f"process {pid} watches in the background already\n"
        assert soon(lambda: noctule.json("status", shop.path)["sleep"].get("pid") == pid)  # until it has begun
        assert watch("--stop") == f"process {pid} has ended\n"
    finally:
        noctule("watch", shop.path, "--stop")
    assert watch("--stop") == "no `noctule watch` runs in the background here\n"


def test_the_way_to_a_service_imports_next_to_nothing() -> None:
    names = "noctule.lsp_server.cli.main, noctule.lsp_server.cli.service_client"
    code = f"import sys; before = set(sys.modules); import {names}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"numpy", "git", "mcp", "pygls", "asyncio", "argparse", "pathlib", "re", "json"})
    assert len(loaded) < 25, sorted(loaded)


def test_a_task_is_not_answered_from_the_first_part_of_a_repository(served: Served) -> None:
    repository = Repository.open(served.repo.path, cache=served.noctule.cache)
    with lease(repository.folder) as held, closing(Store(repository.folder)) as store:
        assert soon(held.acquire)  # the watch reads nothing meanwhile
        with store.transaction():
            store.put_view(repository.view_name, f"{PARTIAL}key", None, False, {})

        assert served.ask("context", "--task", TASKS[0]) is None
        assert served.ask("notes") is not None
