"""Planted secrets against what leaves by other ways than an answer: reviews, logs, bundles, requests to a model.

What answers say and what the store keeps is held against more of them in `tests/benchmarks/test_secrets.py`.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_up_secrets import KINDS, Secret, secrets
from benchmarks.secrets import leaks, make_repository, name_of
from tests import truthful
from tests.e2e.conftest import Noctule
from tests.openai_server import OpenAIServer, Say
from tests.patience import PATIENCE_S, soon
from tests.repositories import Repository

TOKEN = "ghp_" + "z9Y8" * 9
COMMIT = re.compile(r"\b[0-9a-f]{10,40}\b")


@dataclass
class NosyModel:
    """Reads all the files and commits that it may before it says what it is to say."""

    paths: list[str]
    reads: int = 0

    def answer(self, request: dict[str, Any]) -> Say:
        said = truthful.answer(request)
        if not request.get("tools") or any(message["role"] == "tool" for message in request["messages"]):
            return said
        commits = dict.fromkeys(COMMIT.findall(json.dumps(request["messages"])))
        looks: list[tuple[str, dict[str, Any] | str]] = [
            *(("read", {"path": path, "first": 1, "last": 120}) for path in self.paths),
            *(("history", {"path": path}) for path in self.paths[:2]),
            *(("commit", {"id": oid, "path": path}) for oid in list(commits)[:3] for path in ("", self.paths[0])),
            *(("find", {"text": word}) for word in ("password", "token", "secret", "key")),
        ]
        self.reads += 1
        return replace(said, calls=tuple(looks))


@pytest.fixture
def planted() -> list[Secret]:
    return list(secrets(77, 3 * len(KINDS)))


@pytest.fixture
def shop(planted: list[Secret], tmp_path: Path) -> Path:
    make_repository(tmp_path / "shop", planted, planted[::4], f"rotate-{TOKEN}")
    shop = Repository(tmp_path / "shop")
    for number in range(24):  # the past that a model's notes are held against
        path = ("go/vault0.go", "python/vault5.py")[number % 2]
        text = (shop.root / path).read_text("utf-8").replace("return x", f"return {number} + x", 1)
        message = f"Count unlock_vault_{number % 5} once more when it returns\n\n{planted[number].lines[0].strip()}"
        shop.commit(message, {path: text})
    return shop.root


@pytest.fixture
def model(shop: Path) -> Iterator[tuple[NosyModel, OpenAIServer]]:
    nosy = NosyModel(sorted(str(path.relative_to(shop)) for path in shop.glob("[!.]*/*")))
    with OpenAIServer(answers=nosy.answer) as server:
        yield nosy, server


def published_in(folder: Path) -> str:
    """Return all that is published, as it is before it is packed."""
    found = []
    for file in (path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        with contextlib.suppress(zlib.error):
            data = zlib.decompress(data)
        found.append(data.decode("utf-8", "replace"))
    return "\n".join(found)


def test_planted_secrets_leave_by_no_way(
    planted: list[Secret], shop: Path, model: tuple[NosyModel, OpenAIServer], noctule: Noctule, tmp_path: Path
) -> None:
    nosy, server = model
    log = tmp_path / "log"
    environment = {
        "NOCTULE_MODEL_THINK": "openai/scripted",
        "NOCTULE_MODEL_ADDRESS": server.url,
        "NOCTULE_MODEL_THINK_PRICE": "1/2",
        "NOCTULE_MODEL_KEY": "sk-test-0a1b2c3d4e5f6a7b",
        "NO_PROXY": "127.0.0.1",
        "NOCTULE_LOG": "debug",
        "NOCTULE_LOG_FILE": str(log),
    }
    chatty = replace(noctule, environment={**noctule.environment, **environment})

    thought = chatty.ok("sleep", "--think", "--most", "2", shop)
    exported = tmp_path / "notes.jsonl"
    chatty.ok("notes", shop, "--export", exported)
    to = ("--to", (tmp_path / "place").as_uri())
    refused = chatty("share", "push", shop, *to)  # its branch would be the name of what is published
    chatty.ok("share", "push", shop, *to, "--ref", "heads/rotated")
    with chatty.start("watch", shop, "--json") as watch:
        began = soon(lambda: log.exists() and "kind=fresh" in log.read_text("utf-8"))
        for number, path in enumerate(nosy.paths):  # each definition is edited, renamed or gone
            text = (shop / path).read_text("utf-8")
            edited = text.replace("(x", "(first, x").replace("unlock_vault_1", "open_vault_1")
            (shop / path).write_text(edited if number % 4 else "", "utf-8")
        saw = began and soon(lambda: "files changed" in log.read_text("utf-8"))
        watch.send_signal(signal.SIGINT)
        watched = b"".join(watch.communicate(timeout=PATIENCE_S)).decode()
    assert saw, log.read_text("utf-8")
    forms = ((), ("--json",), ("--sarif",), ("--markdown",), ("--github",))
    reviews = [chatty("review", shop, *form) for form in forms]
    said = {
        "sleep": thought.out + thought.err + watched,
        "reviews": "\n".join(review.out + review.err for review in reviews),
        "log": log.read_text("utf-8"),
        "notes": exported.read_text("utf-8"),
        "published": published_in(tmp_path / "place"),
        "requests": "\n".join(json.dumps(request, ensure_ascii=False) for request in server.requests),
    }

    unescaped = {where: f"{text}\n{text.replace(chr(92) + chr(34), chr(34))}" for where, text in said.items()}
    found = leaks([*planted, Secret("branch", "", (TOKEN,), ())], unescaped, b"")
    assert (refused.code, "the name of the branch looks as if it held a secret" in refused.complaint) == (1, True)
    assert {review.code for review in reviews} <= {0, 1}
    assert nosy.reads > 0, thought
    shown = sum(name_of(number) in said["requests"] for number in range(len(planted)))
    assert shown > len(planted) // 3
    assert "vault" in said["published"]
    assert "vault" in said["reviews"]
    assert {where: [secret.lines for secret in those] for where, those in found.items() if those} == {}
