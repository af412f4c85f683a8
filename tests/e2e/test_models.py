"""No face of noctule imports what reaches models, no repository names one, and what was sent can be seen."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.llm.audit_log import AuditLog
from noctule.indexer.llm.reports import Sent
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.wiring import make_spending_limit
from tests.e2e.conftest import ROOT, Noctule, noctule, pristine_shop, shop
from tests.e2e.repositories import Repo
from tests.lsp_server.lsp.editor import AT_ONCE, NEVER, editing
from tests.openai_server import OpenAIServer, Say
from tests.patience import PATIENCE_S, soon

__all__ = ["noctule", "pristine_shop", "shop"]  # the fixtures

HOOK = """\
import sys
def watch(event, args):
    if event == "import" and args[0].partition(".")[0] in ("litellm", "openai"):
        with open({seen!r}, "a") as seen:
            seen.write(f"{{args[0]}} {{sys.orig_argv!r}}\\n")
sys.addaudithook(watch)
with open({seen!r}, "a") as seen:
    seen.write("watched\\n")
"""


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers=lambda request: Say(text="{}")) as playing:
        yield playing


@pytest.mark.asyncio
async def test_no_face_imports_what_reaches_models_even_where_one_is_named(
    noctule: Noctule, shop: Repo, server: OpenAIServer, tmp_path: Path
) -> None:
    seen, hooks = tmp_path / "seen", tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK.format(seen=str(seen)))
    environment = {
        **NEVER,
        "NOCTULE_MODEL_THINK": "openai/played",
        "NOCTULE_MODEL_ADDRESS": server.url,
        "NOCTULE_MODEL_KEY": "sk-0123456789abcdef",
        "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)]),
    }
    watched = Noctule(noctule.cache, environment)

    watched.ok("sleep", shop.path)
    watched.ok("context", shop.path, "--task", "the discount is taken off twice")
    watched.ok("notes", shop.path, "shop/cart.py")
    watched.ok("predict", shop.path)
    watched.ok("status", shop.path)
    watched.ok("status", shop.path, "--sent")
    for face in ("watch", "mcp"):
        with watched.start(face, cwd=shop.path, stdin=-1) as process:
            time.sleep(2)
            process.terminate()
            process.communicate(timeout=PATIENCE_S)
    async with editing(watched, shop.path, env=environment) as editor:
        assert (await editor.ask("noctule/user", {}))["model"] == "openai/played"
        assert await editor.ask("noctule/context", {"task": "total_price is wrong"})

    noted = seen.read_text().splitlines()
    assert set(noted) == {"watched"}
    assert len(noted) > 9
    assert server.requests == []


@pytest.mark.asyncio
async def test_nothing_in_a_repository_can_name_a_model(
    noctule: Noctule, shop: Repo, server: OpenAIServer, tmp_path: Path
) -> None:
    settings = f'[model]\nthink = "openai/theirs"\naddress = "{server.url}"\n[limits]\ndollars_per_day = 1000\n'
    variables = f"NOCTULE_MODEL_THINK=openai/theirs\nNOCTULE_MODEL_ADDRESS={server.url}\nOPENAI_BASE_URL={server.url}\n"
    options = f'{{"noctule.model.think": "openai/theirs", "noctule.model.address": "{server.url}"}}'
    for name in ("noctule.toml", ".noctule.toml", "config.toml", ".config/noctule/config.toml", "noctule/config.toml"):
        shop.write(name, settings)
    shop.write(".env", variables)
    shop.write(".envrc", variables)
    shop.write(".vscode/settings.json", options)
    shop.write("pyproject.toml", settings.replace("[", "[tool.noctule."))
    shop.git("config", "noctule.model.think", "openai/theirs")
    shop.commit("Name a model")

    noctule.ok("sleep", shop.path, cwd=shop.path)
    status = noctule.json("status", "--sent", cwd=shop.path)
    async with editing(noctule, shop.path, env=AT_ONCE, options={"user": {"model": {"think": "openai/x"}}}) as editor:
        await editor.until(lambda: any(change["state"] == "resting" for change in editor.changes))
        named = await editor.ask("noctule/user", {})

    assert (status["model"], status["requests"]) == ("", 0)
    assert status["here"]["dollars_a_day"] == Limits().dollars_per_day
    assert named["model"] == ""
    assert server.requests == []


def test_what_was_sent_is_shown_to_whom_when_and_how_much(noctule: Noctule, shop: Repo) -> None:
    repository = Repository.open(shop.path, cache=noctule.cache)
    at = time.time()
    for number in range(25):
        about = "note", f"file{number}.py", 1_000 + number, f"{number:032x}"
        AuditLog(repository.folder).add(
            Sent(at + number, "models.example", "openai/gpt-5-mini", *about, ("a.py", "b.py"))
        )
    spending = make_spending_limit(repository, Choice(), Limits())
    spending.settle(spending.reserve("job", 9_000, 0.5), 1_234, 0.25)
    spending.reserve("job", 100, None)
    environment = {"NOCTULE_MODEL_THINK": "openai/gpt-5-mini", "NOCTULE_LIMITS_TOKENS_PER_DAY": "inf"}

    shown = noctule.ok("status", shop.path, "--sent", env=environment).out
    told = noctule.json("status", shop.path, "--sent", env=environment)

    assert "openai/gpt-5-mini writes notes" in shown
    assert (
        "1,334 of unlimited tokens, 0.2500 of 1.00 dollars; the price of 1 request is unknown in this repository"
        in shown
    )
    assert "25 requests: 25.3 kB to models.example" in shown
    assert "5 earlier requests (--json lists all)" in shown
    assert "note on file24.py (000000000000); names a.py, b.py" in " ".join(shown.split())
    assert "file4.py" not in shown
    assert len(told["sent"]) == told["requests"] == 25
    assert told["here"] == {
        "tokens": 1334,
        "tokens_a_day": None,
        "dollars": 0.25,
        "dollars_a_day": 1.0,
        "requests": 2,
        "unpriced": 1,
    }


def test_what_was_sent_names_no_more_than_it_must_and_is_forgotten_with_the_repository(
    noctule: Noctule, shop: Repo
) -> None:
    repository = Repository.open(shop.path, cache=noctule.cache)
    AuditLog(repository.folder).add(Sent(1.0, "host", "model", "note", "cart.py", 10, "0" * 32, ()))
    assert noctule.json("status", shop.path, "--sent")["requests"] == 1

    noctule.ok("forget", shop.path)

    assert soon(lambda: not repository.folder.exists())
    assert noctule.json("status", shop.path, "--sent")["requests"] == 0


def test_a_key_in_the_settings_is_refused_without_being_shown(noctule: Noctule, shop: Repo, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[model]\nkey = "sk-0123456789abcdef"\n')

    ran = noctule("status", shop.path, "--sent", env={"NOCTULE_CONFIG": str(tmp_path / "config.toml")})

    assert ran.code == 2
    assert "a key must not be in settings" in ran.err
    assert "0123456789" not in ran.out + ran.err


def test_the_doctor_says_which_model_is_named_and_whether_it_could_be_reached(noctule: Noctule, shop: Repo) -> None:
    def model(**variables: str) -> dict[str, str]:
        report = noctule("doctor", shop.path, "--json", env={f"NOCTULE_{name}": of for name, of in variables.items()})
        (check,) = (check for check in json.loads(report.out)["checks"] if check["name"] == "model")
        return dict(check)

    assert model()["detail"] == "none (optional)"
    named = model(MODEL_THINK="openai/played", MODEL_ADDRESS="http://127.0.0.1:9/v1", MODEL_KEY="sk-0123456789")
    spent = model(MODEL_THINK="openai/played", MODEL_TOKENS_PER_DAY="0")

    if named["state"] == "fault":  # an installed wheel has no extras
        assert named["fix"] == "run: pip install 'noctule[models]'"
    else:
        assert named["detail"].startswith("openai/played at http://127.0.0.1:9/v1, by litellm 1.")
        assert named["detail"].endswith("; key from NOCTULE_MODEL_KEY")
        assert (spent["state"], spent["fix"]) == ("remark", "docs/models.md explains how to allow more")
