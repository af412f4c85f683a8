"""How long tests wait for what must happen: a busy machine is no failure, only what never happens takes this long."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 300.0


def soon(holds: Callable[[], bool]) -> bool:
    """Say whether something comes true."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
