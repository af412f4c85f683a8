"""`noctule watch` as a process of its own: what it says, how it ends, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from noctule.indexer.runtime.machine import family
from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo
from tests.e2e.test_workspace import make_pair
from tests.indexer.runtime.processes import lives
from tests.patience import PATIENCE_S, soon

AT_ONCE = {
    "NOCTULE_IDLE_AFTER_S": "0.3",
    "NOCTULE_IDLE_MOST_CPU_BUSY": "1",
    "NOCTULE_IDLE_MOST_IO_PRESSURE": "1",
    "NOCTULE_IDLE_ON_BATTERY": "true",
    "NOCTULE_IDLE_LEAST_BATTERY": "0",
}
NEVER = {"NOCTULE_IDLE_AFTER_S": "3600"}


class Watching:
    """A running `noctule watch --json`, and the events that it prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def event(self, kind: str, **wanted: object) -> dict[str, Any]:
        """Read on up to an event."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            event = json.loads(line)
            seen.append((event["event"], event["text"]))
            if event["event"] == kind and all(event.get(name) == value for name, value in wanted.items()):
                return dict(event)
        raise AssertionError((seen, (self.process.stderr.read() if self.process.stderr else b"").decode()))

    def tree(self) -> set[int]:
        return family([self.process.pid])

    def ended(self) -> int:
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@contextlib.contextmanager
def watching(noctule: Noctule, at: Repo | Path, *args: str, env: dict[str, str] = NEVER) -> Iterator[Watching]:
    folder = at.path if isinstance(at, Repo) else at
    with noctule.start("watch", folder, "--json", *args, env=env) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def test_an_edit_reaches_whoever_asks_next(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    with watching(noctule, shop) as watch:
        watch.event("fresh")
        shop.write("shop/voucher.py", "def redeem_voucher(code):\n    return code\n")
        event = watch.event("fresh", files=1)

        pack = noctule.json("context", shop.path, "--task", "redeem_voucher")
        status = noctule.json("status", shop.path)
    assert event["ms"] > 0
    assert pack["freshness"]["state"] == "fresh"
    assert pack["symbols"][0]["symbol"] == "redeem_voucher"
    assert (status["sleep"]["state"], status["sleep"]["pid"]) == ("awake", watch.process.pid)


def test_a_repository_of_which_nothing_is_known_is_learned_and_thought_about(noctule: Noctule, shop: Repo) -> None:
    with watching(noctule, shop, env=AT_ONCE) as watch:
        watch.event("pending")
        watch.event("fresh")
        shop.commit("Vouchers", {"shop/voucher.py": "def redeem_voucher(code):\n    return code\n"})
        watch.event("job", text="history commits: done")
        watch.event("state", state="resting")

        queue = noctule.json("status", shop.path, "--queue")
        ledger = noctule.json("status", shop.path, "--ledger")
    assert [job["kind"] for job in queue["next"] if job["kind"] in ("refresh", "parse", "history")] == []
    assert ledger["cost"]["history"]["jobs"] == 2  # what was there at first, and the new commit
    assert ledger["cost"]["parse"]["jobs"] == 1
    assert ledger["cost"]["history"]["cpu_s"] > 0


def test_the_log_tells_what_each_process_does_and_holds_no_source_text(
    noctule: Noctule, shop: Repo, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with watching(noctule, shop, "--log", str(log), env={**NEVER, "NOCTULE_LOG": "debug"}) as watch:
        watch.event("fresh")
        shop.write("shop/voucher.py", "def redeem_voucher(code):\n    return code\n")
        watch.event("fresh", files=1)
        assert soon(lambda: "event=refreshed files=1" in log.read_text())
    told = log.read_text()

    assert 'event="job begun" kind=parse' in told
    assert 'event="job over" kind=history subject=commits outcome=done' in told
    assert 'event="files changed" paths=1' in told
    assert len(set(re.findall(r"\bpid=(\d+)", told))) >= 3  # the sleeper, the refresher and the worker
    assert "redeem_voucher" not in told


def test_it_ends_at_a_signal_that_its_main_thread_does_not_get(noctule: Noctule, shop: Repo) -> None:
    with watching(noctule, shop) as watch:
        watch.event("fresh")
        pid = watch.process.pid
        other = next(thread.id for thread in psutil.Process(pid).threads() if thread.id != pid)
        assert ctypes.CDLL(None).tgkill(pid, other, signal.SIGTERM) == 0

        assert watch.ended() == 128 + signal.SIGTERM


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_with_all_that_works_for_it(noctule: Noctule, shop: Repo, number: int, code: int) -> None:
    with watching(noctule, shop) as watch:
        watch.event("fresh")
        children = watch.tree() - {watch.process.pid}
        watch.process.send_signal(number)

        assert watch.ended() == code
        assert children
        assert soon(lambda: not any(map(lives, children)))
    assert noctule.json("status", shop.path)["sleep"] == {}


INTERRUPTED = """
import os, signal, sys, weakref
class Interrupted:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "watchdog.observers":  # imported once the watch begins
            sys.meta_path.remove(cls)
            gone = Interrupted()
            heard = weakref.ref(gone, lambda _: os.kill(os.getpid(), signal.SIGINT))
            del gone
            return None
sys.meta_path.insert(0, Interrupted)
"""
"""An interrupt whose exception Python would ignore: it comes in a callback, amid an import."""


def test_an_interrupt_amid_an_import_is_not_lost(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED)
    noctule.ok("sleep", shop.path)
    with noctule.start("watch", shop.path, env=NEVER | {"PYTHONPATH": str(tmp_path)}) as process:
        _, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert err.decode().startswith("noctule: interrupted")


def test_nothing_is_left_of_it_after_a_kill(noctule: Noctule, shop: Repo) -> None:
    with watching(noctule, shop) as watch:
        watch.event("fresh")
        tree = watch.tree()
        watch.process.kill()
        watch.process.wait()

        assert len(tree) > 2
        assert soon(lambda: not any(map(lives, tree)))
        assert noctule.json("status", shop.path)["sleep"] == {}
    with watching(noctule, shop) as watch:  # the next one takes the seat at once
        watch.event("fresh")


def test_it_ends_with_the_editor_that_started_it(noctule: Noctule, shop: Repo) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor,
        watching(noctule, shop, "--parent", str(editor.pid)) as watch,
    ):
        watch.event("fresh")
        tree = watch.tree()
        editor.kill()
        editor.wait()

        assert soon(lambda: not any(map(lives, tree)))


def test_a_second_one_waits_for_the_first(noctule: Noctule, shop: Repo) -> None:
    with watching(noctule, shop) as first:
        first.event("fresh")
        with watching(noctule, shop) as second:
            waiting = second.event("waiting")
            first.process.kill()
            second.event("fresh")

            assert f"process {first.process.pid}" in waiting["text"]


def test_a_pause_is_heard_at_once(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    with watching(noctule, shop, env=AT_ONCE) as watch:
        watch.event("state", state="resting")
        noctule.ok("pause", shop.path)
        shop.commit("Vouchers", {"shop/voucher.py": "def redeem_voucher(code):\n    return code\n"})
        watch.event("state", state="awake", text="background indexing is paused until 'noctule resume'")
        noctule.ok("resume", shop.path)

        assert watch.event("job", text="history commits: done")["ms"] > 0


def test_a_repository_that_goes_ends_it(noctule: Noctule, shop: Repo) -> None:
    with watching(noctule, shop) as watch:
        watch.event("fresh")
        shop.path.rename(shop.path.with_name("moved"))
        watch.event("gone")
        _, err = watch.process.communicate(timeout=PATIENCE_S)

    assert watch.process.returncode == 2
    assert err.decode().startswith("noctule: ")
    assert "was moved or deleted" in err.decode()


def test_in_a_pipe_each_event_is_a_line_and_quiet_says_nothing(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    with noctule.start("watch", shop.path, env=NEVER) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    with noctule.start("watch", shop.path, "--quiet", env=NEVER) as quiet:
        assert soon(lambda: noctule.json("status", shop.path)["sleep"] != {})
        quiet.send_signal(signal.SIGINT)
        out, _ = quiet.communicate(timeout=PATIENCE_S)

    assert line == "up to date\n"
    assert err.decode().startswith("noctule: interrupted")
    assert out == b""


def test_on_a_terminal_one_line_says_how_it_stands(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    master, slave = pty.openpty()
    with noctule.start("watch", shop.path, env=NEVER | {"TERM": "xterm"}, stderr=slave) as process:
        os.close(slave)
        shown = b""
        while b"up to date" not in shown:
            shown += os.read(master, 1000)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_S)
    os.close(master)

    assert b"\r\x1b[2K" in shown
    assert b"\n" not in shown
    assert out == b""


def test_each_repository_of_a_folder_is_watched_and_what_changes_across_them_is_learned(
    noctule: Noctule, tmp_path: Path
) -> None:
    folder = tmp_path / "team"
    api, _web = make_pair(folder)

    def expects_types() -> bool:
        forecast = noctule.json("predict", folder, "api/api/schema.py")
        return "web/src/types.ts" in [one["path"] for one in forecast["change_points"]]

    with watching(noctule, folder, env=AT_ONCE) as watch:
        rested = {watch.event("state", state="resting")["repository"]}
        while len(rested) < 2:
            rested.add(watch.event("state", state="resting")["repository"])
        learned = soon(expects_types)
        (api.root / "api/voucher.py").write_text("def redeem_voucher(code):\n    return code\n")
        watch.event("fresh", repository="api", files=1)
        found = noctule.json("context", folder, "--task", "redeem_voucher")["files"]
        watch.process.terminate()
        code = watch.process.wait(PATIENCE_S)

    assert learned
    assert found[0]["path"] == "api/api/voucher.py"
    assert code == 128 + signal.SIGTERM


def test_a_repository_that_comes_into_a_watched_folder_is_watched_and_one_that_goes_is_left(
    noctule: Noctule, tmp_path: Path
) -> None:
    team = tmp_path / "team"
    for name in ("api", "web"):
        Repo.make(team / name).commit("Start", {"a.py": "a = 1\n"})
    Repo.make(tmp_path / "shared").commit("Start", {"b.py": "b = 1\n"})

    with watching(noctule, team, env=AT_ONCE) as watch:
        watch.event("fresh", repository="web")
        (tmp_path / "shared").rename(team / "shared")
        watch.event("fresh", repository="shared")
        (team / "shared/voucher.py").write_text("def redeem_voucher(code):\n    return code\n")
        watch.event("fresh", repository="shared", files=1)
        found = noctule.json("context", team, "--task", "redeem_voucher")["files"]
        noctule.ok("workspace", "remove", team, "web")
        left = soon(lambda: noctule.json("status", team / "web")["sleep"] == {})
        watch.process.terminate()
        code = watch.process.wait(PATIENCE_S)

    assert found[0]["path"] == "shared/voucher.py"
    assert left
    assert code == 128 + signal.SIGTERM


@pytest.mark.parametrize("options", [[], ["--json"], ["--detach"]])
def test_a_cache_that_cannot_be_made_is_one_line_with_advice(noctule: Noctule, shop: Repo, options: list[str]) -> None:
    (noctule.cache / "taken").write_text("a file\n")
    env = {"NOCTULE_CACHE_DIR": str(noctule.cache / "taken")}
    ran = noctule("watch", shop.path, *options, env=env)

    assert ran.code == 3
    assert ran.complaint.endswith("cannot be used: File exists; choose another folder with NOCTULE_CACHE_DIR")


@pytest.mark.parametrize("asked", [["review"], ["tests"], ["watch", "--detach"], ["watch", "--stop"]])
def test_what_is_about_one_repository_names_one_of_a_folder(noctule: Noctule, tmp_path: Path, asked: list[str]) -> None:
    for name in ("api", "web"):
        Repo.make(tmp_path / "team" / name).commit("Start", {"a.py": "a = 1\n"})

    ran = noctule(*asked, "team", cwd=tmp_path)

    assert ran.code == 2
    assert ran.complaint.endswith("team holds 2; name one of them, such as team/api")
