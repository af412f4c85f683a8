"""Live agents end to end: mini-swe-agent and litellm against a server on loopback that plays scripted answers."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from noctule.evals.errors import AgentsMissing, NotAllowed, OtherTasks, UnknownSolver
from noctule.evals.run_folder import Results
from noctule.evals.solvers.agent import NEEDED, read_requests
from noctule.evals.solvers.agent_usage import Account
from noctule.indexer.llm.usage import Usage
from tests.evals.conftest import Ran, Shop
from tests.openai_server import SUBMIT, Broken, Cut, Late, OpenAIServer, Say, Status, Turn

Evaluate = Callable[..., Ran]
MODEL = "openai/gpt-4o-mini"
FRESH, CACHED, OUTPUT = 0.15, 0.075, 0.6  # dollars for a million tokens, as litellm's own table has them

needs_agents = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason="mini-swe-agent and litellm are an extra: pip install 'noctule[agents]'",
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the key of the test")
    monkeypatch.setenv("MSWEA_GLOBAL_CONFIG_DIR", str(tmp_path / "mswea"))


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as playing:
        yield playing


def row(shop: Shop, name: str = "discount", **fields: str) -> dict[str, str]:
    return {
        "instance_id": name,
        "repo": "acme/shop",
        "base_commit": shop.base,
        "problem_statement": "The discount of an unknown season fails: {{ 7 * 6 }}",
        "patch": shop.patch(shop.base, shop.fix),
        **fields,
    }


@pytest.fixture
def ask(evaluate: Evaluate, shop: Shop, server: OpenAIServer, tmp_path: Path) -> Callable[..., Ran]:
    """Run `noctule eval agent` on the shop's task, or on those of `rows`."""

    def run(*args: str | int | float, rows: Sequence[dict[str, str]] | None = None) -> Ran:
        file = tmp_path / "tasks.jsonl"
        file.write_text("".join(json.dumps(r) + "\n" for r in ([row(shop)] if rows is None else rows)))
        words = [str(a) for a in args]
        common = ["--clones", str(shop.root.parent), "--out", str(tmp_path / "run"), "--api-base", server.url]
        return evaluate("agent", file, *common, "--model", MODEL, "--yes", "--pause", "0.01", *words)

    return run


def booked(server: OpenAIServer) -> Usage:
    """Return what the server says that it billed."""
    read, cached, written = server.books
    return Usage(read, written, cached)


def read(tmp_path: Path) -> Results:
    return Results.read(tmp_path / "run")


def measures(tmp_path: Path, arm: str, task: str = "discount") -> dict[str, float]:
    return dict(read(tmp_path).answers[f"agent:{arm}"][task].measures)


FIX = "sed -i 's/RATES\\[rate\\]/RATES.get(rate, 0)/' shop/price.py"


def solving(prompt: int = 1000) -> list[Turn]:
    return [
        Say(("cat shop/price.py",), prompt=prompt, cached=0, output=31),
        Say((FIX, "touch scratch.py"), prompt=prompt + 200, cached=prompt, output=57),
        Say((SUBMIT,), prompt=prompt + 300, cached=prompt + 128, output=13),
    ]


@needs_agents
def test_every_token_and_cent_is_accounted_for(ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path) -> None:
    server.play(solving())

    ran = ask("--arm", "cold", "--steps", 5)

    answer = read(tmp_path).answers["agent:cold"]["discount"]
    assert answer.files == ("shop/price.py",)
    assert answer.detail["created"] == ["scratch.py"]
    assert answer.detail["status"] == "Submitted"
    assert server.books == (3500, 2128, 101)
    numbers = answer.measures
    assert (numbers["input"], numbers["cached"], numbers["output"]) == server.books
    assert (numbers["requests"], numbers["retries"], numbers["untold"], numbers["steps"]) == (3, 0, 0, 3)
    assert (numbers["first_right_edit"], numbers["new_input"]) == (2, 3500 - 2128)
    assert numbers["dollars"] == pytest.approx(((3500 - 2128) * FRESH + 2128 * CACHED + 101 * OUTPUT) / 1e6)
    assert answer.tokens == 3601
    account = Account.of(read_requests(tmp_path / "run"))
    assert (account.usage, account.dollars) == (booked(server), pytest.approx(numbers["dollars"]))
    assert "agent:cold (n 1): F1 of modified files 100.0%" in ran.said
    assert "3 requests (0 retries), 3,500 input (2,128 cached) and 101 output tokens" in ran.said


@needs_agents
def test_the_agent_sees_its_steps_and_the_task_as_it_stands(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play(solving())

    ask("--arm", "cold", "--steps", 5)

    first, second, third = (request["messages"] for request in server.requests)
    assert "{{ 7 * 6 }}" in first[1]["content"]
    assert first[1]["content"].endswith("[Step 0/5]")
    assert [m["content"].split("\n")[0] for m in third if m["role"] == "tool"] == ["[Step 1/5]"] + ["[Step 2/5]"] * 2
    assert "def discounted" in second[-1]["content"]
    assert not [m for m in third if "extra" in m]
    kept = (tmp_path / "run/agents/cold/discount.jsonl").read_text()
    assert "the key of the test" not in kept
    assert len(kept.splitlines()) == 2 + 3 + 3 + 1  # two first messages, three answers, three results, the end
    assert "RATES.get(rate, 0)" in (tmp_path / "run/agents/cold/discount.patch").read_text()


@needs_agents
def test_faults_are_outlived_and_counted(ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path) -> None:
    first, second, third = solving()
    faults = [Status(429, "0.05"), Status(503), Broken(), Cut(), Late(1.5)]
    server.play([first, *faults, second, Say(choices=False, prompt=77, cached=7, output=1), third])

    ask("--arm", "cold", "--timeout", 1)

    numbers = measures(tmp_path, "cold")
    assert server.books == (3577, 2135, 102)
    assert (numbers["input"], numbers["cached"], numbers["output"]) == server.books
    assert (numbers["requests"], numbers["retries"], numbers["steps"]) == (9, 6, 3)
    assert [r.status for r in read_requests(tmp_path / "run")] == [
        *("ok", "throttled", "status 503", "status 500", "status 500", "timeout", "ok", "empty answer", "ok"),
    ]
    assert numbers["model_seconds"] >= 1.0


@needs_agents
def test_a_model_that_never_answers_is_a_recorded_failure_and_the_rest_goes_on(
    ask: Callable[..., Ran], shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say(("ls",), prompt=500, output=9), *[Status(500)] * 3, *solving()])

    ran = ask("--arm", "cold", "--attempts", 3, rows=[row(shop, "lost"), row(shop, "won")])

    (failed,) = read(tmp_path).failed
    assert (failed.task, failed.solver) == ("lost", "agent:cold")
    assert failed.error is not None
    assert "gave no answer: status 500" in failed.error
    assert "4 requests (2 retries), 500 input (0 cached) and 9 output tokens" in failed.error
    assert set(read(tmp_path).answers["agent:cold"]) == {"won"}
    # What failed tasks have cost is in the sum of all requests too.
    assert Account.of(read_requests(tmp_path / "run")).usage == booked(server)
    assert "1 answers failed" in ran.said
    assert "All requests, those of failed tasks too: 7 requests" in ran.said


@needs_agents
@pytest.mark.parametrize("turn", [Status(401), Status(400), Status(429, "100000")])
def test_what_asking_again_cannot_mend_is_asked_once(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path, turn: Turn
) -> None:
    server.play([turn])

    ask("--arm", "cold")

    assert [f.status for f in read(tmp_path).failed] == ["failed"]
    assert len(server.requests) == 1


@needs_agents
def test_a_stopped_run_asks_only_what_is_missing(ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path) -> None:
    server.play([Status(401), *solving()])

    ask("--arm", "cold")
    again = ask("--arm", "cold")
    retried = ask("--arm", "cold", "--retry-failed")

    assert "1 answers are in" in again.err
    assert "1 answers failed" in again.said
    assert "0 answers failed" in retried.said
    with pytest.raises(OtherTasks, match="steps"):
        ask("--arm", "cold", "--steps", 9)


@needs_agents
def test_an_answer_without_usage_is_counted_and_never_guessed(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say(("ls",), usage=False), Say((SUBMIT,), prompt=40, cached=8, output=2)])

    ran = ask("--arm", "cold")

    numbers = measures(tmp_path, "cold")
    assert (numbers["input"], numbers["cached"], numbers["output"], numbers["untold"]) == (40, 8, 2, 1)
    assert "dollars" not in numbers
    assert "unknown price" in ran.said


@needs_agents
def test_a_model_without_a_known_price_is_priced_by_the_user(
    evaluate: Evaluate, shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.jsonl"
    file.write_text(json.dumps(row(shop)) + "\n")
    server.play([Say((SUBMIT,), prompt=1000, cached=400, output=10)] * 2)
    common = ["agent", file, "--clones", shop.root.parent, "--api-base", server.url, "--model", "openai/my-own"]
    common += ["--yes", "--arm", "cold"]

    evaluate(*common, "--out", tmp_path / "unknown")
    evaluate(*common, "--out", tmp_path / "run", "--prices", "2", "0.5", "10")

    unknown = Results.read(tmp_path / "unknown").answers["agent:cold"]["discount"].measures
    assert "dollars" not in unknown
    assert measures(tmp_path, "cold")["dollars"] == pytest.approx((600 * 2 + 400 * 0.5 + 10 * 10) / 1e6)


@needs_agents
def test_steps_end_an_agent_and_what_it_did_counts(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say(("ls",)), Say((FIX,))])

    ask("--arm", "cold", "--steps", 2)

    answer = read(tmp_path).answers["agent:cold"]["discount"]
    assert (answer.detail["status"], answer.files) == ("LimitsExceeded", ("shop/price.py",))
    assert (answer.measures["steps"], answer.measures["submitted"]) == (2, 0)


@needs_agents
def test_answers_without_a_command_are_billed_and_end_after_three(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say(text="Done!", prompt=50, output=3)] * 3)

    ask("--arm", "cold")

    answer = read(tmp_path).answers["agent:cold"]["discount"]
    assert (answer.detail["status"], answer.abstained) == ("RepeatedFormatError", True)
    assert (answer.measures["input"], answer.measures["output"]) == (150, 9)
    assert server.requests[1]["messages"][-1]["content"].startswith("[Step 1/30]\nYour last answer could not")


@needs_agents
def test_a_command_that_hangs_is_ended_and_said(ask: Callable[..., Ran], server: OpenAIServer) -> None:
    server.play([Say(("echo begun; sleep 60",)), Say((SUBMIT,))])

    ask("--arm", "cold", "--command-timeout", 1)

    shown = server.requests[1]["messages"][-1]["content"]
    assert "begun" in shown
    assert "ran out of time" in shown


@needs_agents
def test_each_arm_is_told_its_own_section(
    ask: Callable[..., Ran], shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    named = row(shop, problem_statement="discounted() takes a rate off an amount, and fails in an unknown season")
    asks_noctule = Say(("noctule context --task 'discounted() takes a rate off an amount' 2>/dev/null",))
    server.play(
        [
            *(Say((SUBMIT,)), Say((SUBMIT,))),  # cold, pack
            *(asks_noctule, Say((SUBMIT,))),  # command
            *(Say((SUBMIT,)), Say((SUBMIT,))),  # notes, stale notes
        ]
    )

    ask("--arm", "cold", "pack", "command", "notes", "stale-notes", "shuffled-notes", rows=[named])

    firsts = [r["messages"][1]["content"] for r in server.requests if len(r["messages"]) == 2]
    cold, pack, command, notes, stale = firsts
    assert "shop/price.py" not in cold
    assert "shop/price.py" in pack
    assert "noctule context" in command
    assert "Notes about this repository" in notes
    assert "Notes about this repository" in stale or "Notes" not in stale
    assert "def discounted" in server.requests[3]["messages"][-1]["content"]
    assert measures(tmp_path, "command")["asked_noctule"] == 1
    # One repository alone has no stranger's notes.
    (failed,) = read(tmp_path).failed
    assert (failed.solver, "two repositories" in str(failed.error)) == ("agent:shuffled-notes", True)


@needs_agents
def test_shuffled_notes_are_another_repositorys(
    ask: Callable[..., Ran], shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    other = Shop(shop.root.parent / "acme__store")
    other.commit("Rename", {"elsewhere/strange.py": "from shop import price\n"})
    rows = [row(shop), row(shop, "other", repo="acme/store")]
    server.play([Say((SUBMIT,))] * 2)

    ask("--arm", "shuffled-notes", rows=rows)

    assert read(tmp_path).failed == []
    assert set(read(tmp_path).answers["agent:shuffled-notes"]) == {"discount", "other"}


@needs_agents
def test_the_test_time_arm_spends_what_the_packs_arm_spent(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say(("ls",), prompt=600, output=40), Say((SUBMIT,), prompt=700, cached=600, output=60)])
    server.play([Say((SUBMIT,), prompt=400, output=100), Say((FIX,), prompt=450, output=50)])
    server.play([Say((SUBMIT,), prompt=399, output=0), Say((SUBMIT,), prompt=1, output=0)])

    ask("--arm", "test-time")

    assert read(tmp_path).answers["agent:pack"]["discount"].tokens == 1400
    answer = read(tmp_path).answers["agent:test-time"]["discount"]
    assert (answer.tokens, answer.files) == (1400, ("shop/price.py",))
    assert answer.measures["steps"] == 4
    again = server.requests[3]["messages"][-1]["content"]
    assert "You have 900 tokens left" in again
    assert "[Step 1/120]" in again


@needs_agents
def test_without_the_packs_arm_there_is_nothing_to_equal(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Status(401)])

    ask("--arm", "test-time")

    assert [(f.solver, "no answer" in str(f.error)) for f in read(tmp_path).failed] == [
        ("agent:pack", True),
        ("agent:test-time", True),
    ]


@needs_agents
def test_tests_are_brought_and_run_where_they_are_given(
    ask: Callable[..., Ran], shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    test_patch = shop.git("diff", shop.base, shop.fix, "--", "tests") + "\n"
    command = f"{sys.executable} -c \"from shop.price import discounted; assert discounted(5, 'spring') == 5\""
    rows = [
        row(shop, "solved", test_patch=test_patch, test_command=command),
        row(shop, "unsolved", test_command=command),
        row(
            shop,
            "spoilt",
            test_patch="diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
            test_command="true",
        ),
        row(shop, "untested"),
    ]
    server.play([*solving(), *[Say((SUBMIT,))] * 3])

    ran = ask("--arm", "cold", rows=rows)

    passed = {t: a.measures.get("tests_passed") for t, a in read(tmp_path).answers["agent:cold"].items()}
    assert passed == {"solved": 1.0, "unsolved": 0.0, "spoilt": 0.0, "untested": None}
    assert "KeyError" in str(read(tmp_path).answers["agent:cold"]["unsolved"].detail["tests"])
    assert "tests pass for 33.3" in ran.said


@needs_agents
def test_noctule_is_at_hand_in_its_own_arm_alone(ask: Callable[..., Ran], server: OpenAIServer) -> None:
    server.play([Say(("noctule context --task mail",)), Say((SUBMIT,))])

    ask("--arm", "cold")

    assert "<returncode>127</returncode>" in server.requests[1]["messages"][-1]["content"]


@needs_agents
def test_looking_at_the_clone_is_seen(
    ask: Callable[..., Ran], shop: Shop, server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say((f"git -C {shop.root} log --all",)), Say((SUBMIT,))])

    ask("--arm", "cold")

    assert measures(tmp_path, "cold")["looked_outside"] == 1


@needs_agents
def test_the_report_compares_the_arms(
    ask: Callable[..., Ran], evaluate: Evaluate, server: OpenAIServer, tmp_path: Path
) -> None:
    server.play([Say((SUBMIT,)), *solving(800)])
    ask("--arm", "cold", "pack")

    evaluate("report", tmp_path / "run")

    text = (tmp_path / "run/report.md").read_text()
    assert "agent:pack - agent:cold" in text
    assert "+100.0" in text
    assert "Where agents modified no gold file" in text


@needs_agents
def test_nothing_of_a_work_tree_is_left(
    ask: Callable[..., Ran], server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    server.play([*solving(), Status(401)])

    ask("--arm", "cold", "pack")

    assert list((tmp_path / "temporary").iterdir()) == []


@needs_agents
def test_accounts_that_do_not_add_up_are_refused() -> None:
    from noctule.evals.errors import WrongAccounts
    from noctule.evals.solvers.agent_session import check
    from noctule.evals.solvers.agent_usage import AgentRequest

    requests = [AgentRequest("t", "cold", 1, 1, "ok", 1.0, Usage(10, 1)), AgentRequest("t", "cold", 2, 1, "timeout", 1)]
    check(requests, [{"role": "assistant", "extra": {"usage": Usage(10, 1)}}])

    with pytest.raises(WrongAccounts):
        check(requests, [{"role": "assistant", "extra": {"usage": Usage(10, 2)}}])
    with pytest.raises(WrongAccounts):
        check(requests, [])


# What needs no agent installed


def test_nothing_runs_unless_it_is_allowed(evaluate: Evaluate, shop: Shop, tmp_path: Path) -> None:
    common = ("agent", tmp_path / "absent.jsonl", "--clones", shop.root.parent, "--model", MODEL)

    with pytest.raises(NotAllowed, match="runs commands on this machine"):
        evaluate(*common, "--out", tmp_path / "run")
    with pytest.raises(UnknownSolver):
        evaluate(*common, "--arm", "warm", "--yes")
    assert not (tmp_path / "run").exists()


def test_an_absent_extra_is_said_with_how_to_install_it(
    evaluate: Evaluate, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(AgentsMissing, match="minisweagent and litellm and mcp cannot be imported") as told:
        evaluate("agent", tmp_path / "absent.jsonl", "--clones", shop.root.parent, "--model", MODEL, "--yes")
    assert "pip install 'noctule[agents]'" in str(told.value.advice)
