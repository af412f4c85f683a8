from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from noctule.indexer.runtime import machine as signals
from noctule.indexer.runtime.machine import Machine, Reading, family
from tests.indexer.runtime.processes import program, told
from tests.patience import PATIENCE_S

BUSY = """
    import os, subprocess, sys
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    print(os.getpid(), child.pid, flush=True)
    while True: pass
"""


def test_the_first_reading_comes_after_half_a_second_and_is_repeated_until_the_next() -> None:
    machine = Machine()
    first = machine.read()
    time.sleep(0.6)
    second = machine.read()

    assert first[:2] == (None, None)
    assert second.cpu_busy is not None
    assert 0 <= second.cpu_busy <= 1
    assert machine.read() == second


# Looks at the machine with and without the part of another process; tells both and what that process got, per mille.
OBSERVER = """
    import os, psutil, sys, time
    from noctule.indexer.runtime.machine import Machine, family
    pid = int(sys.argv[1])
    def used():
        return sum(sum(psutil.Process(p).cpu_times()[:2]) for p in family([pid]))
    without, everything = Machine(), Machine()
    time.sleep(0.6)
    without.read([pid]), everything.read()
    before, at = used(), time.monotonic()
    time.sleep(2)
    shares = [everything.read().cpu_busy, without.read([pid]).cpu_busy]
    shares.append((used() - before) / (time.monotonic() - at) / os.cpu_count())
    print(*(round(1000 * share) for share in shares))
"""


def test_our_own_part_is_taken_out_and_that_of_others_is_not() -> None:
    with program(BUSY) as busy:
        told(busy)
        until, used = time.monotonic() + PATIENCE_S, 0
        while used <= 50 and time.monotonic() < until:  # a machine that has more to do gives them little
            with program(OBSERVER, str(busy.pid)) as observer:
                everything, without, used = told(observer)

    # Whatever else runs on the machine, what the two busy processes got is the difference.
    assert everything - without == pytest.approx(used, abs=200)
    assert used > 50


def test_a_family_holds_the_children_of_children() -> None:
    with program(BUSY) as process:
        pids = told(process)

        assert family([process.pid]) == set(pids)
        assert family([os.getpid()]) >= {os.getpid(), *pids}


def test_processes_that_are_gone_are_no_trouble() -> None:
    with program("pass") as process:
        process.wait(PATIENCE_S)
    machine = Machine()
    time.sleep(0.6)

    assert machine.read([process.pid, 999_999_999]).cpu_busy is not None


@pytest.mark.skipif(not Path("/proc/pressure/io").exists(), reason="PSI is Linux's, where it is switched on")
def test_io_pressure_is_a_share_of_the_time() -> None:
    machine = Machine()
    time.sleep(0.6)
    pressure = machine.read().io_pressure

    assert pressure is not None
    assert 0 <= pressure <= 1


def test_platforms_without_pressure_or_battery_are_read_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "PRESSURE", tmp_path / "none")
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    whole = psutil.cpu_times()
    fewer = type("times", (), {"_asdict": staticmethod(lambda: {"user": 0.0, "system": 0.0, "idle": time.monotonic()})})
    monkeypatch.setattr(psutil, "cpu_times", lambda: fewer)  # as macOS has it: no waiting for disks
    machine = Machine()
    time.sleep(0.6)

    assert whole is not None
    assert machine.read() == Reading(0.0, None, None, None)


def test_a_reading_never_waits() -> None:
    machine = Machine()
    machine.read()
    spent = []
    for _ in range(20):
        before = time.thread_time()
        machine.read()
        spent.append(time.thread_time() - before)

    assert sorted(spent)[10] < 0.05
