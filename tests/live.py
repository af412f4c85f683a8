"""A small check with a real model, for whoever has a key: `make live MODEL=openai/gpt-5-mini`.

Says first what it may cost at most and asks; without a terminal it refuses, unless YES=1. Thinks about three files of
this repository, or of the one that REPO names, in a store of its own. Prints what was proven, what was refused, and
what it took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = 3
TOKENS = 300_000
DOLLARS = 1.0
BAD_INPUT = 2


def main() -> int:
    """Say the price, ask, think."""
    model = os.environ.get("MODEL", "")
    if not model:
        return _refused("say which model: make live MODEL=openai/gpt-5-mini")
    agreed = os.environ.get("YES") == "1"
    if not (agreed or sys.stdin.isatty()):
        return _refused("this costs money and nobody can be asked: run it in a terminal, or with YES=1")
    with tempfile.TemporaryDirectory(prefix="noctule-live-") as cache:
        environment = {
            **os.environ,
            "NOCTULE_CACHE_DIR": cache,
            "NOCTULE_MODEL_THINK": model,
            "NOCTULE_LIMITS_TOKENS_PER_DAY": str(TOKENS),
            "NOCTULE_LIMITS_DOLLARS_PER_DAY": str(DOLLARS),
        }
        for variable, setting in (("CHECK", "CHECK"), ("ADDRESS", "ADDRESS"), ("THINK_PRICE", "THINK_PRICE")):
            if os.environ.get(variable):
                environment[f"NOCTULE_MODEL_{setting}"] = os.environ[variable]
        if _noctule(environment, "sleep", "--dry-run") != 0:
            return 1
        print(
            f"\n{SUBJECTS} of these are thought about, for at most {TOKENS:,} tokens and ${DOLLARS:.2f}.",
            flush=True,
        )
        if not agreed and input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was sent.")
            return 0
        code = _noctule(environment, "sleep", "--think", "--most", str(SUBJECTS))
        print()
        _noctule(environment, "status", "--sent")
        return code


def _noctule(environment: dict[str, str], *args: str) -> int:
    repository = os.environ.get("REPO") or os.fspath(ROOT)
    command = [sys.executable, "-m", "noctule.lsp_server.cli.main", *args, repository]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def _refused(why: str) -> int:
    print(f"live: {why}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
