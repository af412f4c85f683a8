"""docs/lsp.md says what the server has: each request, parameter, command, setting and field, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from lsprotocol import types

from noctule.indexer.defaults import BUDGET_TOKENS, RANKED_FILES
from noctule.lsp_server import features
from noctule.lsp_server.features import dismiss as silence
from noctule.lsp_server.features import request, show, status_change, user
from noctule.lsp_server.lsp.preferences import Preferences
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.user_models import GIVEN
from noctule.lsp_server.settings import Settings
from tests.test_docs import section

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/lsp.md").read_text()
METHODS = {module.METHOD: module for module in features.REQUESTS}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of all tables under a heading, without their heads."""
    found = []
    for line in section(DOCUMENT, heading).splitlines():
        if line.startswith("| `"):
            found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    documented = {name.strip("` "): default.strip("`") for name, default, _ in rows("What an editor may choose")}

    defaults = {True: "true", False: "false", "auto": '"auto"'}
    assert documented == {f.name: defaults[getattr(Preferences(), f.name)] for f in fields(Preferences)}


def test_every_request_and_command_is_documented_and_no_other() -> None:
    names = [cells[0].strip("` ") for cells in rows("Custom requests")]

    assert {name for name in names if name.startswith("noctule/")} == {*METHODS, show.COMMAND, silence.COMMAND}


@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_is_documented_and_no_other(method: str) -> None:
    source = Path(str(METHODS[method].__file__)).read_text()
    read = set(re.findall(r"params\.(?:text|texts|number|seconds|share|values\.get)\(\"(\w+)\"", source)) - {"uri"}
    (parameters,) = (cells[1] for cells in rows("Custom requests") if cells[0].strip("` ") == method)

    documented = {name for part in parameters.split(";") for name in re.findall(r"^\s*(?:or )?`(\w+)`", part)}
    assert documented == read


def test_defaults_are_documented_as_they_are() -> None:
    (context,) = (cells[1] for cells in rows("Custom requests") if cells[0].strip("` ") == "noctule/context")

    assert f"`budgetTokens`, default {BUDGET_TOKENS};" in context
    assert f"default {RANKED_FILES}" in context
    assert f"Version {request.VERSION}, as `schema`" in DOCUMENT


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("Custom requests", request.NotKnown), ("Notifications", status_change.StatusChange)],
)
def test_every_field_of_what_is_sent_is_documented(heading: str, kind: type) -> None:
    documented = {cells[0].strip("` ") for cells in rows(heading) if "/" not in cells[0]}

    assert documented == {"schema", *(f.name for f in fields(kind))}


def test_what_is_taken_and_told_of_models_is_documented() -> None:
    cells = rows("Models")
    (model,) = (told for name, told in cells if name.strip("` ") == "model" and "object with" in told)

    assert set(re.findall(r"`(\w+)`", model.partition(", as ")[0])) == set(GIVEN)
    documented = [name.strip("` ") for name, _ in cells]
    assert documented == ["model", "key", "schema", *(f.name for f in fields(user.UserTaken))]


def test_every_method_that_is_answered_is_documented() -> None:
    server = NoctuleServer(Settings())
    features.register(server)
    standard = {name for name in server.protocol.fm.features if not name.startswith("noctule/")}
    silent = {
        types.INITIALIZE,
        types.INITIALIZED,
        types.SHUTDOWN,
        types.TEXT_DOCUMENT_DID_SAVE,
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    }
    sent = {"textDocument/publishDiagnostics", "window/workDoneProgress"}

    documented = {cells[0].strip("` ") for cells in rows("What it answers")}
    assert documented == (standard - silent) | sent


def test_the_commands_are_the_requests_and_two_more() -> None:
    server = NoctuleServer(Settings())
    features.register(server)

    assert set(server.protocol.fm.commands) == {*METHODS, show.COMMAND, silence.COMMAND}
