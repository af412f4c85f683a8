"""What a live agent is made of, as far as it needs neither mini-swe-agent nor litellm."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.evals.errors import AgentError, CheckoutFailed, UnknownSolver
from noctule.evals.solvers import agent_arms as arms
from noctule.evals.solvers.agent import add_request, mend_requests, read_requests
from noctule.evals.solvers.agent_checkout import Checkout, scored_paths
from noctule.evals.solvers.agent_shell import END_SHOWN_BYTES, EditWatch, Shell
from noctule.evals.solvers.agent_usage import Account, AgentRequest, parse_usage
from noctule.evals.tasks.checkout import BaseCheckout
from noctule.evals.tasks.task import Task
from noctule.indexer.defaults import BUDGET_TOKENS
from noctule.indexer.files.git import RepositoryPlace, discover
from noctule.indexer.files.text import line_hashes
from noctule.indexer.llm.settings import Prices
from noctule.indexer.llm.usage import Usage
from noctule.indexer.model_notes.store import ModelNote, Proof, VerifiedClaim
from noctule.indexer.tokens import count
from tests.evals.conftest import Shop
from tests.openai_server import OpenAIServer, Say
from tests.patience import PATIENCE_S, soon


def place_of(shop: Shop) -> RepositoryPlace:
    place = discover(shop.root)
    assert place is not None
    return place


def task_of(shop: Shop) -> Task:
    return Task("t", "issue", "acme/shop", shop.base, "discounted() takes a rate off an amount, and fails", "")


# Usage and accounts


@pytest.mark.parametrize("told", [Usage(9, 2, 4), Usage(9)])
def test_usage_is_what_the_provider_says(told: Usage) -> None:
    assert parse_usage(told) == told


@pytest.mark.parametrize("told", [Usage(0, 0), Usage(9, 2, 10), Usage(-9, 2), None])
def test_usage_that_makes_no_sense_counts_as_not_told(told: Usage | None) -> None:
    assert parse_usage(told) is None


def test_an_account_is_the_sum_of_its_requests_with_what_is_unknown_counted() -> None:
    requests = [
        AgentRequest("t", "cold", 1, 1, "throttled", 0.5),
        AgentRequest("t", "cold", 1, 2, "ok", 1.5, Usage(100, 7, 40), 0.01),
        AgentRequest("t", "cold", 2, 1, "empty answer", 1.0, Usage(10), 0.02),
        AgentRequest("t", "cold", 2, 2, "ok", 1.0, Usage(200, 3, 100), 0.03),
    ]

    assert Account.of(requests) == Account(4, 2, 0, Usage(310, 10, 140), 4.0, 0.06)
    silent = Account.of([*requests, AgentRequest("t", "cold", 3, 1, "ok", 1.0)])
    assert (silent.untold, silent.dollars, silent.usage) == (1, None, Usage(310, 10, 140))
    assert "dollars" not in silent.measures()


def test_cached_tokens_have_a_price_of_their_own() -> None:
    assert Prices(1.0, 0.1, 1.0, 10.0).dollars(Usage(1_000_000, 1000, 400_000)) == pytest.approx(0.6 + 0.04 + 0.01)


usages = st.builds(Usage, *[st.integers(0, 10**7)] * 5)


@given(
    st.lists(
        st.builds(AgentRequest, st.text(), st.text(), *[st.integers(1, 9)] * 2, st.text(), st.floats(0, 9), usages)
    )
)
def test_requests_survive_their_file(requests: list[AgentRequest]) -> None:
    assert [AgentRequest.of_json(json.loads(json.dumps(r.to_json()))) for r in requests] == requests


def test_a_torn_line_costs_no_other_request(tmp_path: Path) -> None:
    whole = AgentRequest("t", "cold", 1, 1, "ok", 1.0, Usage(1, 1))
    add_request(tmp_path, whole)
    with (tmp_path / "requests.jsonl").open("a") as file:
        file.write('{"task": "t", "ar')

    mend_requests(tmp_path)
    add_request(tmp_path, whole)

    assert read_requests(tmp_path) == [whole, whole]


# The server that plays agents


def ask(server: OpenAIServer, timeout: float = 5.0) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{server.url}/chat/completions", b'{"model": "m", "messages": []}', {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_the_server_bills_what_it_says() -> None:
    with OpenAIServer([Say(("ls",), prompt=50, cached=20, output=5), Say(usage=False)]) as server:
        first, second = ask(server), ask(server)

    assert (first["usage"]["prompt_tokens"], first["usage"]["completion_tokens"]) == (50, 5)
    assert json.loads(first["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == {"command": "ls"}
    assert "usage" not in second
    assert server.books == (50, 20, 5)


def test_a_request_that_is_not_scripted_fails_the_test_that_made_it() -> None:
    def unscripted() -> None:
        with OpenAIServer() as server:
            try:
                ask(server)
            except urllib.error.HTTPError as error:
                error.close()

    with pytest.raises(AssertionError, match="1 requests were not scripted"):
        unscripted()


# The shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("tree", "home", "bin"):
        (tmp_path / name).mkdir()
    return Shell(tmp_path / "tree", tmp_path / "home", tmp_path / "bin", timeout_s=10)


def test_commands_see_none_of_the_users_keys(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("FAVOURITE", "green")
    plain = Shell(tmp_path / "tree", tmp_path / "home", tmp_path / "bin", 10).run("env").output
    asked = Shell(tmp_path / "tree", tmp_path / "home", tmp_path / "bin", 10, ["FAVOURITE"]).run("env").output

    assert "secret" not in plain + asked
    assert ("green" in plain, "green" in asked) == (False, True)
    assert f"HOME={tmp_path / 'home'}" in plain


def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(shell: Shell, tmp_path: Path) -> None:
    started = time.monotonic()

    outcome = shell.run("echo begun; (sleep 500; touch late) & sleep 600", timeout_s=2)
    left = shell.run("(sleep 500; touch later) & echo gone")

    assert (outcome.output, outcome.status, left.status) == ("begun\n", None, 0)
    assert time.monotonic() - started < PATIENCE_S
    assert soon(lambda: not [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(tmp_path / "tree")])
    assert list((tmp_path / "tree").iterdir()) == []


def test_a_watched_shell_knows_which_command_first_changed_a_right_file(shell: Shell, tmp_path: Path) -> None:
    class Folder:
        def changes(self) -> tuple[list[str], list[str]]:
            return sorted(path.name for path in (tmp_path / "tree").iterdir()), []

    watch = EditWatch(shell, Folder(), ["right.py"])
    for command in ("ls", "touch wrong.py", "touch right.py", "rm right.py", "touch right.py"):
        watch.run(command)

    assert watch.first_right_edit == 3
    assert EditWatch(shell, Folder(), ["other.py"]).first_right_edit is None


def test_endless_output_is_cut_in_the_middle(shell: Shell) -> None:
    outcome = shell.run("head -c 3000000 /dev/zero | tr '\\0' a; echo end")

    assert len(outcome.output) < 2 * END_SHOWN_BYTES + 100
    assert outcome.output.endswith("aaaend\n")
    assert outcome.left_out_bytes == 3_000_004 - 2 * END_SHOWN_BYTES


def test_output_that_is_no_text_is_shown_as_far_as_it_is(shell: Shell) -> None:
    outcome = shell.run("printf 'a\\377b'; exit 3")

    assert (outcome.output, outcome.status) == ("a\ufffdb", 3)


# The work tree


def test_the_work_tree_holds_the_base_and_no_later_commit(shop: Shop) -> None:
    with Checkout(place_of(shop), shop.base) as checkout:
        shell = Shell(checkout.tree, checkout.home, checkout.commands, 10)
        log, later = shell.run("git log --all --format=%H"), shell.run(f"git cat-file -e {shop.fix}")
        inside = [
            p for p in (checkout.tree / ".git").rglob("*") if p.is_file() and str(shop.root) in p.read_text("latin-1")
        ]
        root = checkout.tree.parent

        assert log.output.split()[0] == shop.base
        assert shop.fix not in log.output
        assert later.status != 0
        assert inside == []
        assert (checkout.tree / "shop/price.py").exists()
    assert not root.exists()


def test_what_an_agent_changed_is_seen_whatever_it_does_to_git(shop: Shop) -> None:
    with Checkout(place_of(shop), shop.base) as checkout:
        shell = Shell(checkout.tree, checkout.home, checkout.commands, 10)
        ran = shell.run(
            "echo x >> shop/price.py && git commit -qam done && rm shop/mail.py && echo y > new.py && "
            "echo z >> tests/test_price.py && touch README.md && mkdir __pycache__ && touch __pycache__/a.pyc"
        )
        modified, created = checkout.changes()
        patch = checkout.patch()
        shell.run("rm -rf .git")

        assert ran.status == 0
        assert (modified, created) == (["shop/mail.py", "shop/price.py", "tests/test_price.py"], ["new.py"])
        assert scored_paths(modified) == ["shop/mail.py", "shop/price.py"]
        assert all(f"diff --git a/{path}" in patch for path in modified)
        assert checkout.changes() == (modified, created)
        assert checkout.patch() == ""


def test_tests_are_laid_over_what_the_agent_made_of_them(shop: Shop) -> None:
    patch = shop.git("diff", shop.base, shop.fix, "--", "tests") + "\n"
    with Checkout(place_of(shop), shop.base) as checkout:
        file = checkout.tree / "tests/test_price.py"
        before = file.read_text()
        file.write_text("spoilt\n")

        checkout.apply(patch)

        assert file.read_text() == before + "\n"
        with pytest.raises(CheckoutFailed):
            checkout.apply(patch.replace("assert", "refuse"))


def test_a_base_that_the_clone_lacks_is_said_and_nothing_is_left(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(CheckoutFailed, match="git fetch failed"), Checkout(place_of(shop), "0" * 40):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_work_tree_that_was_made_read_only_is_removed(shop: Shop) -> None:
    with Checkout(place_of(shop), shop.base) as checkout:
        (checkout.tree / "shop").chmod(0o500)
        root = checkout.tree.parent
    assert not root.exists()


# The arms


def test_arms_differ_by_one_section_alone(shop: Shop, tmp_path: Path) -> None:
    ground, task = BaseCheckout(place_of(shop), shop.base, tmp_path), task_of(shop)
    lines = tuple(line_hashes(ground.read("shop/price.py") or b"")[:2])
    said = VerifiedClaim(
        "`discounted` fails for a rate that is off.", "answer", (Proof("shop/price.py", 0, lines),), 0.9
    )
    given = {"model": "m", "checker": "m", "prompt": "1", "effort": "", "thoughts": 1, "tokens": 9, "dollars": 0.0}
    about = {"key": "k", "subject": "shop/price.py", "subject_kind": "file", "queries": (), "at": 1.0}
    old, new = (ModelNote(**about, **given, claims=(said,), revision=r) for r in (shop.base, shop.fix))

    sections = {arm: arms.make_section(arm, task, ground, None, 2000, [old]) for arm in arms.ARMS}
    firsts = {arm: arms.first_message(task, section, 7) for arm, section in sections.items()}

    assert sections[arms.COLD] == sections[arms.TEST_TIME] == ""
    assert sections[arms.PACK].endswith(ground.pack(task.text, 2000).text)
    assert "shop/price.py" in sections[arms.PACK]
    assert said.text in sections[arms.PACK_AND_NOTES]
    assert said.text not in sections[arms.PACK]
    with pytest.raises(AgentError, match="no note of a model was written at"):  # what came later knows the answer
        arms.make_section(arms.PACK_AND_NOTES, task, ground, None, 2000, [new])
    assert "noctule context --task" in sections[arms.COMMAND]
    assert {
        arm: text.replace(f"{sections[arm]}\n\n" if sections[arm] else "\0", "") for arm, text in firsts.items()
    } == (dict.fromkeys(arms.ARMS, firsts[arms.COLD]))
    assert all(text.endswith("[Step 0/7]") for text in firsts.values())


def test_notes_keep_to_their_tokens_and_never_read_the_task(shop: Shop, tmp_path: Path) -> None:
    ground = BaseCheckout(place_of(shop), shop.base, tmp_path)

    whole, short = arms.notes(ground, 2000), arms.notes(ground, 30)

    assert whole.startswith(short)
    assert whole
    assert count(short) <= 30


def test_stale_notes_are_those_of_an_ancestor(shop: Shop, tmp_path: Path) -> None:
    ground = BaseCheckout(place_of(shop), shop.base, tmp_path)

    assert arms.stale_base(ground) == shop.git("rev-parse", f"{shop.base}~2")


def test_the_command_answers_for_the_base_whatever_it_is_asked(shop: Shop, tmp_path: Path) -> None:
    ground, task = BaseCheckout(place_of(shop), shop.base, tmp_path / "cache"), task_of(shop)
    expected = ground.pack(task.text, BUDGET_TOKENS).text
    with Checkout(place_of(shop), shop.base) as checkout:
        checkout.offer("noctule", arms.context_command(ground, tmp_path / "cache"))
        shell = Shell(checkout.tree, checkout.home, checkout.commands, 60, ["PYTHONPATH"])
        ask = f"noctule context --task '{task.text}' 2>/dev/null"

        plain, future = shell.run(ask), shell.run(f"noctule context . --at {shop.fix} --task '{task.text}' 2>/dev/null")
        other = shell.run("noctule status")

    assert plain.output.strip() == expected.strip()
    assert future.output == plain.output
    assert (other.status, "only 'noctule context" in other.output) == (2, True)


def test_arms_come_in_their_order_and_what_they_are_held_against_comes_along() -> None:
    assert arms.parse_arms(["test-time", "cold"]) == ("cold", "pack", "test-time")
    with pytest.raises(UnknownSolver, match="unknown arm 'warm'"):
        arms.parse_arms(["warm"])


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let programs that tests start import the packages under test."""
    root = str(Path(__file__).resolve().parents[3])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])))
