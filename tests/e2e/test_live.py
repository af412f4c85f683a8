"""`make live` asks before it spends, and is a whole small check, here with a scripted model in the real one's place."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests import live, truthful
from tests.e2e.repositories import make_shop
from tests.openai_server import OpenAIServer


def test_it_refuses_without_a_model_and_without_anybody_to_ask(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.delenv("YES", raising=False)
    assert live.main() == 2
    assert "say which model" in capfd.readouterr().err

    monkeypatch.setenv("MODEL", "openai/scripted")
    assert live.main() == 2
    assert "nobody can be asked" in capfd.readouterr().err


def test_three_subjects_are_thought_about_after_the_price_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shop = make_shop(tmp_path / "shop", commits=60)
    with OpenAIServer(answers=truthful.answer) as model:
        for name, value in {
            "REPO": str(shop.path),
            "MODEL": "openai/scripted",
            "ADDRESS": model.url,
            "THINK_PRICE": "1/2",
            "YES": "1",
            "NOCTULE_MODEL_KEY": "sk-test-0a1b2c3d4e5f6a7b",
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        code = live.main()

    said, wrong = capfd.readouterr()
    assert code == 0, wrong
    assert said.index("would be sent to 127.0.0.1") < said.index("for at most 300,000 tokens and $1.00")
    assert said.index("for at most") < said.index("Thought about 3 subjects with openai/scripted")
    assert len(model.requests) >= 3
