from __future__ import annotations

import os
import sys

import pytest

from noctule.indexer.runtime.nice import cores
from tests.indexer.runtime.processes import program, told

LOWERED = """
    import os, subprocess, sys
    from noctule.indexer.runtime.nice import lower
    allowed = lower({share})
    print(allowed, os.getpriority(os.PRIO_PROCESS, 0))
    look = "import os, psutil; print(os.getpriority(os.PRIO_PROCESS, 0), len(os.sched_getaffinity(0)),"
    look += " int(psutil.Process().ionice().ioclass))"
    if sys.platform == "linux":
        sys.stdout.flush()
        subprocess.run([sys.executable, "-c", look])
"""


@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
def test_a_lowered_process_has_the_lowest_priority_and_its_share_of_cores(share: float) -> None:
    available = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with program(LOWERED.format(share=share)) as process:
        allowed, nice = told(process)

    assert (allowed, nice) == (cores(share, available), 19)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are neither I/O classes nor affinities")
def test_what_a_lowered_process_starts_is_lowered_too() -> None:
    with program(LOWERED.format(share=0.5)) as process:
        allowed, _ = told(process)
        nice, affinity, io_class = told(process)

    assert (nice, affinity, io_class) == (19, allowed, 3)


@pytest.mark.parametrize(
    ("share", "available", "expected"),
    [(0.5, 8, 4), (0.5, 1, 1), (0.1, 2, 1), (0.29, 100, 29), (1.0, 3, 3), (0.34, 3, 1)],
)
def test_a_share_of_cores_is_rounded_down_but_is_at_least_one(share: float, available: int, expected: int) -> None:
    assert cores(share, available) == expected
