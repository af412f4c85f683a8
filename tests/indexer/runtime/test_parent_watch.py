"""No orphans: who works for somebody ends with them, with real processes and real signals."""

from __future__ import annotations

import os
import signal
import time

import pytest

from noctule.indexer.runtime.machine import family
from tests.indexer.runtime.processes import is_stopped, lives, program, told
from tests.patience import PATIENCE_S, soon

# A parent starts a worker in a process group of its own, as the sleeper does; the worker starts a child that reads a
# pipe, as git and the parsers do, and tells of all three once it hangs on its lifeline.
PARENT = """
import os, subprocess, sys, time
worker = '''{worker}'''
subprocess.Popen([sys.executable, "-c", worker, str(os.getpid())], process_group=0)
time.sleep(600)
"""
WORKER = """
import os, subprocess, sys, time
{before}
from noctule.indexer.runtime.parent_watch import die_with_parent
die_with_parent(int(sys.argv[1]))
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
print(sys.argv[1], os.getpid(), child.pid, flush=True)
{busy}
"""
SLEEPS, WORKS = "time.sleep(600)", "while True: pass"
# Where there is neither PR_SET_PDEATHSIG nor a pidfd: as on macOS.
ELSEWHERE = "sys.platform = 'darwin'"


def parent(before: str = "", busy: str = SLEEPS) -> str:
    return PARENT.format(worker=WORKER.format(before=before, busy=busy))


@pytest.mark.parametrize("before", ["", ELSEWHERE])
@pytest.mark.parametrize("busy", [SLEEPS, WORKS])
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_and_its_children_end_with_their_parent(before: str, busy: str, ending: signal.Signals) -> None:
    with program(parent(before, busy)) as process:
        pids = told(process)
        os.kill(process.pid, ending)
        process.wait(PATIENCE_S)

        assert len(pids) == 3
        assert soon(lambda: not any(map(lives, pids)))


@pytest.mark.parametrize("before", ["", ELSEWHERE])
def test_a_stopped_worker_and_its_stopped_children_end_with_their_parent(before: str) -> None:
    with program(parent(before)) as process:
        pids = told(process)
        _, worker, child = pids
        os.killpg(worker, signal.SIGSTOP)
        assert soon(lambda: is_stopped(worker) and is_stopped(child))
        process.kill()
        process.wait(PATIENCE_S)

        assert soon(lambda: not any(map(lives, pids)))


@pytest.mark.parametrize("before", ["", ELSEWHERE])
def test_a_worker_that_is_stopped_in_the_moment_in_which_its_parent_dies_ends(before: str) -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"  # as under nohup
    for _ in range(5):
        with program(ignoring + parent(before)) as process:
            pids = told(process)
            os.killpg(pids[1], signal.SIGSTOP)
            process.kill()
            process.wait(PATIENCE_S)

            assert soon(lambda pids=pids: not any(map(lives, pids)))  # type: ignore[misc]


def test_what_a_killed_worker_started_ends_with_it() -> None:
    with program(parent()) as process:
        _, worker, child = told(process)
        os.kill(child, signal.SIGSTOP)
        os.kill(worker, signal.SIGKILL)

        assert soon(lambda: not lives(worker) and not lives(child))


def test_the_guard_of_a_worker_ends_with_it() -> None:
    with program(parent()) as process:
        _, worker, child = told(process)
        guards = family([worker]) - {worker, child}
        os.killpg(worker, signal.SIGKILL)

        assert len(guards) == 1
        assert soon(lambda: not any(map(lives, guards)))


@pytest.mark.parametrize("before", ["import sys", f"import sys; {ELSEWHERE}"])
def test_a_worker_whose_parent_is_gone_already_ends_at_once(before: str) -> None:
    text = "import sys, time; {}\nfrom indexer.runtime.parent_watch import die_with_parent\n{}; time.sleep(600)"
    with program(text.format(before, "die_with_parent(999_999_999)")) as process:
        assert process.wait(PATIENCE_S) == 75


@pytest.mark.parametrize(
    "before",
    ["", "import os; del os.pidfd_open", "import sys; sys.platform = 'darwin'"],
    ids=["told by the kernel", "an old kernel", "elsewhere"],
)
def test_a_server_ends_with_an_editor_that_is_not_its_parent(before: str) -> None:
    serving = f"""
import sys, time
{before}
from noctule.indexer.runtime.parent_watch import exit_with_parent
exit_with_parent(int(sys.argv[1]))
print(1, flush=True)
time.sleep(600)
"""
    if "del" in before:  # what such a kernel does is to say so
        refusing = "import os\ndef refuse(pid): raise OSError(38, 'Function not implemented')\nos.pidfd_open = refuse"
        serving = serving.replace(before, refusing)
    with program("import time; print(1, flush=True); time.sleep(600)") as editor:
        told(editor)
        with program(serving, str(editor.pid)) as server:
            told(server)
            time.sleep(0.2)
            assert server.poll() is None

            editor.kill()
            editor.wait(PATIENCE_S)

            assert server.wait(PATIENCE_S) == 75


def test_a_server_whose_editor_is_gone_already_ends_at_once() -> None:
    with program("print(1)") as editor:
        editor.wait(PATIENCE_S)
    imported = "from noctule.indexer.runtime.parent_watch import exit_with_parent"
    text = f"import time; {imported}\nexit_with_parent({{}}); time.sleep(600)"

    with program(text.format(editor.pid)) as server:
        assert server.wait(PATIENCE_S) == 75


def test_waiting_for_the_end_of_another_process_costs_no_processor_time() -> None:
    text = """
        import os, time
        from noctule.indexer.runtime.parent_watch import exit_with_parent
        exit_with_parent(os.getppid())
        time.sleep(0.2)
        before = time.process_time()
        time.sleep(2)
        print(round((time.process_time() - before) * 1e6))
    """
    with program(text) as process:
        (spent_us,) = told(process)

    assert spent_us < 20_000
