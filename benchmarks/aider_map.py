"""Times the repo map of aider, an external program, as something to compare with. Needs aider-chat in this Python.

    <venv with aider-chat>/bin/python benchmarks/aider_map.py PATH

Works on a clone in a temporary folder, since aider writes its tag cache into the repository; asks for a map of 2,000
tokens twice, each in a process of its own: cold (no cache) and warm (the cache that the first left). Nothing is sent or
fetched. Prints {"cold": {...}, "warm": {...}} with "seconds" of the map call, "process_seconds" with imports, "files",
"map_characters" and "peak_mb".
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MAP_TOKENS = 2_000


class PlainIO:
    """What the map asks of aider's terminal: reading files, and silence."""

    def read_text(self, filename: str) -> str | None:
        try:
            return Path(filename).read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            return None

    def tool_output(self, *_: object) -> None: ...

    def tool_warning(self, *_: object) -> None: ...

    def tool_error(self, *_: object) -> None: ...


class TokenCounter:
    """What the map asks of a model: its token count, of o200k as aider counts for recent models."""

    def __init__(self) -> None:
        import tiktoken

        self.encoding = tiktoken.get_encoding("o200k_base")

    def token_count(self, text: str) -> int:
        return len(self.encoding.encode_ordinary(text))


def offline_environment() -> dict[str, str]:
    found = importlib.util.find_spec("litellm")
    if found is None or found.origin is None:
        raise SystemExit("this Python has no litellm: run with the one that has aider-chat")
    vocabulary = Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
    return {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "TIKTOKEN_CACHE_DIR": str(vocabulary)}


def map_once(root: Path) -> None:
    from aider.repomap import RepoMap

    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True).stdout
    names = [str(root / os.fsdecode(name)) for name in listing.split(b"\0") if name]

    started = time.perf_counter()
    mapper = RepoMap(map_tokens=MAP_TOKENS, root=str(root), main_model=TokenCounter(), io=PlainIO())
    text = mapper.get_repo_map([], names) or ""
    seconds = time.perf_counter() - started

    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {"seconds": round(seconds, 2), "files": len(names), "map_characters": len(text), "peak_mb": round(peak_mb)}
    print(json.dumps(report))


def timed_process(root: Path) -> dict[str, float]:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--once", str(root)],
        env=offline_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    seconds = round(time.perf_counter() - started, 2)
    # aider prints the files it skips; the report is the last line.
    return {**json.loads(done.stdout.splitlines()[-1]), "process_seconds": seconds}


def main() -> None:
    if sys.argv[1] == "--once":
        map_once(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", "--shared", str(Path(sys.argv[1]).resolve()), str(clone)], check=True)
        print(json.dumps({"cold": timed_process(clone), "warm": timed_process(clone)}))


if __name__ == "__main__":
    main()
