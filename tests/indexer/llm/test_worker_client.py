"""The process that talks to the provider: what it opens, reads and outlives, and what is said where it cannot be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from noctule.indexer.llm.errors import NoModel, Stopped
from noctule.indexer.llm.key import Key
from noctule.indexer.llm.messages import AskModel, ModelFacts
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit, Today
from noctule.indexer.llm.worker_client import WorkerClient
from tests.indexer.llm.asking import KEY, PLENTY, QUESTION, Desk
from tests.indexer.runtime.processes import lives, program
from tests.openai_server import Late, OpenAIServer, Say
from tests.patience import soon

HOOK = """\
import sys
def note(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        told = f"{event} {args!r}"
    elif event == "open" and str(args[0]).endswith((".env", "litellm/__init__.py")):
        told = f"open {args[0]}"
    else:
        return
    with open(SEEN, "a") as seen:
        seen.write(told + "\\n")
sys.addaudithook(note)
"""


def test_it_connects_to_the_model_alone_and_reads_no_env_file_and_no_package_of_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks, stands, seen = tmp_path / "hooks", tmp_path / "stands", tmp_path / "seen"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK.replace("SEEN", repr(str(seen))))
    (stands / "litellm").mkdir(parents=True)
    (stands / "litellm/__init__.py").write_text("raise SystemExit('not ours')")
    (stands / ".env").write_text("OPENAI_API_KEY=theirs\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n")
    monkeypatch.setenv("PYTHONPATH", str(hooks))
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("LITELLM_LOG", "DEBUG")
    # Where a provider tells no usage, the library would count, with tokenizers from elsewhere for some names.
    models = ("openai/played", "openai/meta-llama/llama-3-8b", "hosted_vllm/command-r-plus")
    with OpenAIServer([Say(usage=False) for _ in models]) as server:
        worker = WorkerClient(Choice(think="openai/played", address=server.url), Key(KEY), stands)
        elsewhere = WorkerClient(Choice(think="openai/gpt-5-mini"), Key(KEY), stands)
        try:
            facts = elsewhere.facts("openai/gpt-5-mini", Event())
            assert isinstance(facts, ModelFacts)
            assert facts.to == "openai"
            assert not seen.exists() or "socket" not in seen.read_text()
            answers = []
            for model in models:
                message = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": True}
                answers.append(worker.ask(AskModel(message, 10, 200), Event(), 300))
        finally:
            worker.close()
            elsewhere.close()
        port = server.url.rsplit(":", 1)[1].partition("/")[0]

    assert [answer.text for answer in answers] == ["I look."] * 3
    events = seen.read_text().splitlines()
    assert {event for event in events if not event.startswith("open")} == {
        event for event in events if "127.0.0.1" in event and port in event
    }
    assert not [event for event in events if ".env" in event or str(stands) in event]


def test_where_nothing_reaches_models_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noctule.indexer.llm.worker_client.find_spec", lambda name: None)

    with pytest.raises(NoModel) as told:
        WorkerClient(Choice(think="openai/played"), Key(), tmp_path).facts("openai/played", Event())

    assert "pip install 'noctule[models]'" in told.value.advice


def test_an_installation_that_lacks_a_part_is_told_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['openai'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    folder = tmp_path / "cache" / "shop-1"
    folder.mkdir(parents=True)
    choice = Choice(think="openai/played", address="http://127.0.0.1:9/v1")
    desk = Desk(folder, choice, WorkerClient(choice, Key(), folder))

    try:
        with pytest.raises(NoModel, match="cannot be loaded") as told:
            desk.client().ask(QUESTION)
    finally:
        desk.worker.close()

    assert "pip install 'noctule[models]'" in told.value.advice
    assert (desk.sent, desk.today) == ((), Today())


@pytest.mark.true_start  # what cannot be executed could still be forked
def test_where_it_cannot_start_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))

    with pytest.raises(NoModel, match="cannot be started"):
        WorkerClient(Choice(think="openai/played"), Key(), tmp_path).facts("openai/played", Event())


THINKER = """
    import os, sys, threading
    from dataclasses import replace
    from pathlib import Path
    from tests.indexer.llm.asking import PLENTY, QUESTION, Desk
    from noctule.indexer.llm.settings import Choice
    from noctule.indexer.llm.key import Key
    from noctule.indexer.llm.worker_client import WorkerClient

    folder, address = Path(sys.argv[1]), sys.argv[2]
    choice = Choice(think="openai/played", address=address, timeout_s=60, think_price="2/8")
    client = Desk(folder, choice, WorkerClient(choice, Key(), folder)).client("note of basket.py")
    for number in range(3):
        message = {"role": "user", "content": f"Question {number}"}
        print(client.ask(replace(QUESTION, messages=(message,))).usage.tokens, flush=True)
"""


def test_a_kill_in_the_middle_leaves_nobody_behind_and_the_rest_is_paid_once(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "shop-1"
    folder.mkdir(parents=True)
    with OpenAIServer([Say(), Say(), Late(20)]) as server:
        with program(THINKER, str(folder), server.url) as thinker:
            assert thinker.stdout is not None
            assert [thinker.stdout.readline() for _ in range(2)] == ["110\n"] * 2
            assert soon(lambda: len(server.requests) == 3)
            children = [child.pid for child in psutil.Process(thinker.pid).children()]
            os.kill(thinker.pid, signal.SIGKILL)
            assert children
            assert soon(lambda: not any(lives(child) for child in children))
        killed = _today(folder, server)

        server.play([Say()])
        with program(THINKER, str(folder), server.url) as thinker:
            assert thinker.stdout is not None
            assert [thinker.stdout.readline() for _ in range(3)] == ["110\n"] * 3
        again = _today(folder, server)
        asked = [request["messages"][0]["content"] for request in server.requests]

    assert asked == ["Question 0", "Question 1", "Question 2", "Question 2"]
    assert killed.open == again.open == 1
    assert killed.tokens > 2 * 110 + 1_500
    assert again.tokens == killed.tokens + 110


def _today(folder: Path, server: OpenAIServer) -> Today:
    choice = Choice(think="openai/played", address=server.url)
    return SpendingLimit(folder.parent, choice, folder.name, PLENTY).today(everywhere=True)


def test_a_thinker_that_was_stopped_for_long_still_hears_its_answer(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "shop-1"
    folder.mkdir(parents=True)
    thinker = THINKER.replace("timeout_s=60", "timeout_s=6").replace("range(3)", "range(1)")
    with OpenAIServer([Say(after_s=0.8)]) as server, program(thinker, str(folder), server.url) as stopped:
        assert soon(lambda: len(server.requests) == 1)
        os.killpg(stopped.pid, signal.SIGSTOP)
        time.sleep(8)
        os.killpg(stopped.pid, signal.SIGCONT)

        assert stopped.stdout is not None
        assert stopped.stdout.readline() == "110\n"
        assert len(server.requests) == 1


@pytest.mark.true_start
def test_while_the_library_is_imported_a_stop_is_heeded_too(tmp_path: Path) -> None:
    stop = Event()
    worker = WorkerClient(Choice(think="openai/played", address="http://127.0.0.1:9/v1"), Key(), tmp_path)
    large = {"model": "openai/played", "messages": [{"role": "user", "content": "x" * 1_000_000}]}
    Thread(target=lambda: (time.sleep(0.3), stop.set())).start()
    started = time.monotonic()

    with pytest.raises(Stopped):
        worker.ask(AskModel(large, 10, 30), stop, 60)

    assert time.monotonic() - started < 30  # the request alone would have taken longer


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the tests fork nothing")
def test_in_these_tests_the_library_is_imported_once_for_all_such_processes() -> None:
    code = "import sys; found = 'litellm' in sys.modules; from noctule.indexer.llm.worker import main; print(found)"

    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "True\n"
