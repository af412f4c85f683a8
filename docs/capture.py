"""Writes the first screen of README.md: what the commands print on a real repository, between its two markers.

`make capture REPO=path TASK=text` runs it; nothing of the text is written by hand.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- capture:", "<!-- end of capture -->"
# The places that the pack names. The source that it shows of them belongs to the repository, not to a README.
COMMANDS = (
    "noctule sleep",
    "noctule context {task} | grep -m10 '^[=-]' | cut -c-98",
)


def captured(repository: Path, task: str, cache: str) -> str:
    """Return the commands with what they print, as a person would see them in the repository's folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shown = []
    for command in COMMANDS:
        line = command.format(task=shlex.quote(task))
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=repository,
            env=os.environ | {"NOCTULE_CACHE_DIR": cache, "PATH": path, "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # progress, which a terminal shows for a moment
            text=True,
            check=True,
        )
        shown.append(f"$ {line}\n{done.stdout.strip(chr(10))}\n")
    return "\n".join(shown)


def main() -> None:
    """Capture and write."""
    with tempfile.TemporaryDirectory() as cache:
        repository = Path(os.environ["DEMO_REPO"]).resolve()
        text = captured(repository, os.environ["DEMO_TASK"], cache)
    before, _, rest = README.read_text().partition(START)
    marker, _, rest = rest.partition("\n")
    after = rest.partition(END)[2]
    # A fence longer than any in the text, so that a pack with code blocks stays one block.
    fence = "`" * max(3, 1 + max((len(line) - len(line.lstrip("`")) for line in text.splitlines()), default=0))
    README.write_text(f"{before}{START}{marker}\n{fence}console\n{text}{fence}\n{END}{after}")


if __name__ == "__main__":
    main()
