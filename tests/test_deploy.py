"""The files of `deploy/` call the command as it is, and run as nobody special."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from noctule.lsp_server.cli.command_line import command_line

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
FILES = sorted(p for p in DEPLOY.rglob("*") if p.suffix in (".yaml", ".yml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_command_of_a_manifest_is_one_that_there_is(file: Path) -> None:
    text = re.sub(r"\n\s+--", " --", file.read_text())  # a command that goes on in the next line
    commands = re.findall(r"noctule fleet sleep .*", text)

    assert commands
    for command in commands:
        words = shlex.split(re.sub(r"\$\(\(.*?\)\)|\$\{\{.*?\}\}", "1", command))[1:]
        assert command_line(words).parse_args(words).to == "s3://team-noctule/index"


def test_what_runs_has_no_rights_and_sends_nothing_about_itself() -> None:
    assert re.findall(r"^USER (\d+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE) == ["10001"]
    assert "RAY_USAGE_STATS_ENABLED=0" in (DEPLOY / "Dockerfile").read_text()
    for file in DEPLOY.glob("kubernetes/*.yaml"):
        assert "runAsNonRoot: true" in file.read_text()


def test_the_image_of_a_cluster_has_what_kuberay_calls_in_it() -> None:
    locked = re.findall(r"^([a-z0-9-]+)==", (DEPLOY / "requirements-ray.lock").read_text(), re.MULTILINE)

    # A RayJob is sent to the dashboard, whose agent on each node tells how it is: `ray[default]`, not `ray` alone.
    assert {"ray", "aiohttp", "aiohttp-cors", "opencensus", "virtualenv"} <= set(locked)
    assert "ALSO=wget" in (DEPLOY / "Dockerfile").read_text()


def test_an_image_is_made_from_what_it_needs_alone() -> None:
    wanted = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    of_locks = [name for name in wanted if name.endswith(".lock")]

    assert of_locks == ["deploy/requirements.lock", "deploy/requirements-ray.lock"]
    assert all((ROOT / name).exists() for name in wanted)
    assert {"noctule", *(link.name for link in (ROOT / "noctule").iterdir() if link.is_symlink())} <= set(wanted)


def test_extras_stay_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = {re.split(r"[\[<>=]", name)[0].lower() for name in project["dependencies"]}
    extras = {
        re.split(r"[\[<>=]", name)[0].lower()
        for extra in ("share", "fleet", "models", "agents", "evals")
        for name in project["optional-dependencies"][extra]
    }

    assert not core & extras
