"""What an editor chooses of models: by a request of its own, in whole or not at all, with a key that shows nowhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice
from noctule.lsp_server.lsp.user_models import User
from tests.e2e.conftest import Known
from tests.lsp_server.lsp.editor import editing

KEY = "sk-editor-0a1b2c3d4e5f"
CHOSEN = {
    "model": {"think": "openai/gpt-5-mini", "dollars_per_day": 0.5, "thoughts": 2, "send": ["src", "docs/api"]},
    "key": KEY,
}
BASE = Choice(think="openai/file", address="https://models.example/v1", tokens_per_day=5_000)


@pytest.mark.asyncio
async def test_it_is_announced_taken_and_nowhere_written_down(known: Known) -> None:
    async with editing(known.noctule, known.repo.path) as editor:
        assert editor.capabilities.experimental == {"noctule": {"user": True}}
        assert (await editor.ask("noctule/user", {}))["model"] == ""
        answer = await editor.ask("noctule/user", CHOSEN)
        refused = await editor.ask("noctule/user", {"model": {"think": "openai/other", "send": "../elsewhere"}})

    assert answer == {
        "schema": 1,
        "taken": True,
        "why": "",
        "model": "openai/gpt-5-mini",
        "checker": "openai/gpt-5-mini",
        "has_key": True,
    }
    assert (refused["taken"], refused["model"]) == (False, "openai/gpt-5-mini")
    assert "send is '../elsewhere'" in refused["why"]
    assert all(KEY.encode() not in path.read_bytes() for path in known.noctule.cache.rglob("*") if path.is_file())


@pytest.mark.asyncio
async def test_options_and_settings_that_a_repository_may_hold_name_no_model(known: Known) -> None:
    async with editing(known.noctule, known.repo.path, options={"user": CHOSEN, "noctule": {"user": CHOSEN}}) as editor:
        assert (await editor.ask("noctule/user", {})) == {
            "schema": 1,
            "taken": True,
            "why": "",
            "model": "",
            "checker": "",
            "has_key": False,
        }


def test_what_the_editor_leaves_out_is_as_in_the_file() -> None:
    user = User.of(BASE, Key("sk-environment"), {"model": {"effort": "low", "dollars_per_day": None}})

    assert user.choice == replace(BASE, effort="low")
    assert user.key.tell() == "sk-environment"
    assert User.of(BASE, Key(), None or {}).choice == BASE


def test_the_key_of_the_environment_goes_to_no_address_of_the_editor() -> None:
    elsewhere = {"address": "https://elsewhere.example/v1"}

    assert not User.of(BASE, Key("sk-environment"), {"model": elsewhere}).key
    assert User.of(BASE, Key("sk-environment"), {"model": elsewhere, "key": KEY}).key.tell() == KEY


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "the parameters must be an object"),
        ({"model": []}, "model must be an object"),
        ({"model": {"command": "sh"}}, "but not 'command'"),
        ({"model": {"key": KEY}}, "but not 'key'"),
        ({"model": {"timeout_s": 5}}, "but not 'timeout_s'"),
        ({"model": {"think": 5}}, "model.think must be a text"),
        ({"model": {"thoughts": "2"}}, "model.thoughts must be a number"),
        ({"model": {"thoughts": 2.5}}, "model.thoughts must be a number"),
        ({"model": {"thoughts": 3}}, "thoughts is 3"),
        ({"model": {"dollars_per_day": True}}, "model.dollars_per_day must be a number"),
        ({"model": {"dollars_per_day": -1}}, "a limit must be 0 or more"),
        ({"model": {"send": []}}, "a list of folders"),
        ({"model": {"send": ["src", 5]}}, "a list of folders"),
        ({"model": {"address": "javascript:alert(1)"}}, "not an address such as"),
        ({"key": 5}, "key must be a text"),
        ({"key": "a\nb"}, "key must be a text"),
    ],
)
def test_what_cannot_be_used_is_refused_in_whole_and_said(given: object, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as told:
        User.of(BASE, Key(), given)

    assert KEY not in str(told.value)


def test_a_choice_shows_no_key() -> None:
    assert KEY not in repr(User.of(BASE, Key(), CHOSEN))
    with pytest.raises(TypeError):
        json.dumps(Key(KEY))
