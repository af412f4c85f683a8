"""A child hears its parent's messages whole, however they are cut, and knows whether anything is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from noctule.indexer.background.messages import RefreshTexts
from noctule.indexer.runtime.messages import encode

CHILD = """
import os, sys, threading
from noctule.indexer.background.messages import REQUESTS
from noctule.indexer.runtime.parent_pipe import ParentPipe
pipe = ParentPipe(int(sys.argv[1]), *REQUESTS)
def say(**said): print(__import__("json").dumps(said), file=sys.stderr, flush=True)
say(silent=pipe.is_silent(0.01))
for message in pipe:
    say(files=len(message.files), silent=pipe.is_silent(0), threads=threading.active_count())
say(over=True)
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", CHILD, str(os.getpid())], bufsize=0, **pipes) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


def test_messages_come_whole_and_silence_is_known(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    assert child.stderr is not None
    large = encode(RefreshTexts(tuple(f"pkg/{n}.py" for n in range(20_000))))
    small = encode(RefreshTexts(("a.py",)))

    said = [json.loads(child.stderr.readline())]
    child.stdin.write(large[:50_000])
    child.stdin.write(large[50_000:])
    said.append(json.loads(child.stderr.readline()))
    child.stdin.write(small * 2)
    said += [json.loads(child.stderr.readline()) for _ in range(2)]
    child.stdin.close()
    said.append(json.loads(child.stderr.readline()))

    alone = {"silent": True, "threads": 1}
    first, second = {"files": 1, "silent": False, "threads": 1}, {"files": 1, **alone}
    assert said == [{"silent": True}, {"files": 20_000, **alone}, first, second, {"over": True}]
