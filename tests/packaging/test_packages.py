"""What is published and what is made from the parser: entries of registries, container, completion, manual, demo."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from noctule import __version__
from noctule.lsp_server.cli.command_line import BUILT_IN, command_line
from noctule.lsp_server.cli.completion import subparsers
from noctule.lsp_server.cli.manual import manual
from tests.e2e.conftest import Noctule, noctule
from tests.repositories import Repository

__all__ = ["noctule"]  # the fixture

ROOT = Path(__file__).resolve().parents[2]
TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
CLOSED = {"type": "object", "additionalProperties": False}
# The part that is used of https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
SERVER: dict[str, Any] = {
    **CLOSED,
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$"},
        "title": TEXT,
        "description": TEXT,
        "version": {"const": __version__},
        "repository": {
            **CLOSED,
            "properties": {"url": {"pattern": "^https://"}, "source": {"const": "github"}},
            "required": ["url", "source"],
        },
        "packages": {
            "minItems": 1,
            "items": {
                **CLOSED,
                "properties": {
                    "registryType": {"const": "pypi"},
                    "registryBaseUrl": {"const": "https://pypi.org"},
                    "identifier": {"const": "noctule"},
                    "version": {"const": __version__},
                    "runtimeHint": {"const": "uvx"},
                    "transport": {**CLOSED, "properties": {"type": {"const": "stdio"}}, "required": ["type"]},
                    "packageArguments": {
                        "items": {
                            **CLOSED,
                            "properties": {"type": {"const": "positional"}, "value": {"enum": list(BUILT_IN)}},
                            "required": ["type", "value"],
                        }
                    },
                },
                "required": ["registryType", "identifier", "transport"],
            },
        },
    },
    "required": ["name", "description", "version"],
}


def test_the_entry_for_the_mcp_registry_is_of_its_format() -> None:
    jsonschema.validate(json.loads((ROOT / "packaging/server.json").read_text()), SERVER)


def load_hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_hooks", ROOT / "packaging/hatch_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_package_page_has_absolute_links_and_names_no_address_that_nobody_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks = load_hooks()
    metadata: list[dict[str, Any]] = [{}, {}]
    monkeypatch.delenv("NOCTULE_REPOSITORY", raising=False)
    hooks.MetadataHook(str(ROOT), {}).update(metadata[0])
    monkeypatch.setenv("NOCTULE_REPOSITORY", "https://github.com/acme/noctule/")
    hooks.MetadataHook(str(ROOT), {}).update(metadata[1])

    text = metadata[1]["readme"]["text"]
    assert metadata[0]["urls"] == {}
    assert metadata[0]["readme"]["text"] == (ROOT / "README.md").read_text()
    assert metadata[1]["urls"]["Source"] == "https://github.com/acme/noctule"
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith(("https:", "#"))] == []
    assert hooks.absolute_links("![A](docs/a.png) [b](#b)", "https://h/o/r") == (
        "![A](https://h/o/r/raw/main/docs/a.png) [b](#b)"
    )
    assert "mcp-name: io.github.acme/noctule" in text


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_a_user_installs_the_versions_that_were_tested_and_no_tools() -> None:
    user, all_of_them = pins("requirements-user.lock"), pins("requirements.lock")

    assert user.items() <= all_of_them.items()
    assert not {"litellm", "pytest", "ruff", "mypy", "hypothesis", "matplotlib"} & set(user)
    assert len(user) < len(all_of_them) / 2


def test_the_container_gets_all_that_the_build_needs_and_runs_without_rights() -> None:
    text = (ROOT / "packaging/Dockerfile").read_text()
    copied = re.findall(r"^!(.+)", (ROOT / "packaging/Dockerfile.dockerignore").read_text(), re.MULTILINE)

    assert all((ROOT / path).exists() for path in copied)
    assert {"noctule", "packaging", "pyproject.toml", "README.md", "requirements-user.lock"} <= set(copied)
    assert text.rindex("USER noctule") > text.rindex("RUN ")


def test_the_formula_is_of_this_version() -> None:
    assert f"noctule-{__version__}.tar.gz" in (ROOT / "packaging/noctule.rb").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(noctule: Noctule, tmp_path: Path, shell: str) -> None:
    script = tmp_path / "script"
    script.write_text(noctule.ok("completion", shell).out)

    assert all(name in script.read_text() for name in (*BUILT_IN, "precision"))
    if shutil.which(shell):
        subprocess.run([shell, "-n", script], check=True)
    if shell == "bash":
        typed = "source $0; COMP_WORDS=(noctule rev); COMP_CWORD=1; _shtab_noctule noctule rev; echo ${COMPREPLY[@]}"
        said = subprocess.run(["bash", "-c", typed, script], capture_output=True, check=True, text=True)
        assert said.stdout == "review\n"


def test_the_manual_has_every_command_and_option_and_needs_no_other_package(tmp_path: Path) -> None:
    page = manual()
    options = {
        name
        for command, parser in subparsers(command_line()).items()
        if command in BUILT_IN
        for action in parser._actions
        for name in action.option_strings
    } - {"-h", "--help"}

    assert [name for name in BUILT_IN if f".SS noctule {name}\n" not in page] == []
    printed = {name: name.replace("-", r"\-") for name in options}
    assert [name for name in options if rf"\fB{printed[name]}\fR" not in page] == []
    if shutil.which("groff"):
        said = subprocess.run(["groff", "-ww", "-man", "-Tutf8"], input=page.encode(), capture_output=True, check=True)
        assert said.stderr == b""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import noctule.lsp_server.cli.manual"  # as a build imports it
    subprocess.run([sys.executable, "-S", "-E", "-c", code, ROOT], check=True, cwd=tmp_path)


def test_the_demo_says_at_once_what_it_does_and_takes_the_newest_real_task(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "shop")
    for subject in (
        "Round prices half up in the cart (#12)",
        "Bump numpy from 2.1 to 2.2",
        "Release 1.2",
        "typo",
    ):
        repository.commit(subject, {"a.py": f"# {subject}\n"})
    (tmp_path / "noctule").write_text('#!/bin/sh\necho "noctule $*"\n')
    (tmp_path / "noctule").chmod(0o755)

    said = [
        subprocess.run(
            [ROOT / "packaging/demo.sh", tmp_path / "noctule", repository.root, *task], capture_output=True, check=True
        )
        .stdout.decode()
        .splitlines()
        for task in ([], ["log in"])
    ]

    assert said[0][0] == f"Indexing {repository.root}"
    assert said[0][-1] == f"noctule context {repository.root} --task Round prices half up in the cart"
    assert said[1][-1] == f"noctule context {repository.root} --task log in"
