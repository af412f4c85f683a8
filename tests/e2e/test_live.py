"""`make live` asks before it spends, and is a whole small check, here with a scripted model in the real one's place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import truthful
from tests.e2e.repositories import make_shop
from tests.openai_server import OpenAIServer

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).resolve().parents[2]


def live(**environment: str) -> subprocess.CompletedProcess[str]:
    names = {name: value for name, value in os.environ.items() if not name.startswith("NOCTULE_")}
    command = [sys.executable, "-m", "tests.live"]
    return subprocess.run(
        command,
        env=names | environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_it_refuses_without_a_model_and_without_anybody_to_ask() -> None:
    nameless, nobody = live(), live(MODEL="openai/scripted")

    assert (nameless.returncode, nobody.returncode) == (2, 2)
    assert "say which model" in nameless.stderr
    assert "nobody can be asked" in nobody.stderr


def test_three_subjects_are_thought_about_after_the_price_was_said(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", commits=60)
    with OpenAIServer(answers=truthful.answer) as model:
        told = live(
            REPO=str(shop.path),
            MODEL="openai/scripted",
            ADDRESS=model.url,
            THINK_PRICE="1/2",
            YES="1",
            NOCTULE_MODEL_KEY="sk-test-0a1b2c3d4e5f6a7b",
            NO_PROXY="127.0.0.1",
        )

    assert told.returncode == 0, told.stderr
    said = told.stdout
    assert said.index("would be sent to 127.0.0.1") < said.index("for at most 300,000 tokens and $1.00")
    assert said.index("for at most") < said.index("Thought about 3 subjects with openai/scripted")
    assert len(model.requests) >= 3
