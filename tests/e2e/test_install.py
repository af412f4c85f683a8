"""`noctule install` on whole home folders: what it writes, shows, refuses, and takes out again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from noctule.lsp_server.install.clients import CLIENTS
from tests.e2e.conftest import ROOT, Noctule, Ran

CONFIGURED: Mapping[str, Mapping[str, str]] = {
    "claude-code": {
        ".claude.json": '{\n  "numStartups": 4,\n  "mcpServers": {\n    "x": {"command": "x"}\n  }\n}',
        ".claude/settings.json": '{"hooks": {"PostToolUse": [{"matcher": "Bash", "hooks": []}]}, "model": "m"}\n',
    },
    "codex": {".codex/config.toml": 'model = "m"\n\n[mcp_servers.x]\ncommand = "x" # mine\n'},
    "cursor": {".cursor/mcp.json": '{"mcpServers": {}}\n'},
    "vscode": {".config/Code/User/mcp.json": '{\r\n\t// mine\r\n\t"servers": {\r\n\t},\r\n\t"inputs": []\r\n}'},
    "gemini": {".gemini/settings.json": '{\n    "theme": "x" // dark\n}\n'},
    "opencode": {".config/opencode/opencode.jsonc": '{\n  "mcp": {\n    "x": {"type": "local"},\n  },\n}\n'},
    "zed": {".config/zed/settings.json": '// Zed settings\n{\n  "theme": "One", /* a */ // b\n}\n'},
}


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return all that lies in a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


class Installer:
    """The command with a home folder of the test's own."""

    def __init__(self, noctule: Noctule, home: Path) -> None:
        self.noctule = noctule
        self.home = home

    def __call__(self, *args: str | Path, **variables: str) -> Ran:
        unset = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR"), "")
        return self.noctule("install", *args, env={**unset, "HOME": str(self.home), **variables})


@pytest.fixture
def install(noctule: Noctule, home: Path) -> Installer:
    return Installer(noctule, home)


def fill(home: Path, client: str) -> None:
    for name, text in CONFIGURED[client].items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode())


def test_every_client_is_tried_here() -> None:
    assert CONFIGURED.keys() == CLIENTS.keys()


@pytest.mark.parametrize("client", CLIENTS)
def test_undo_gives_back_a_home_folder_without_any_configuration(client: str, install: Installer, home: Path) -> None:
    assert install(client).code == 0
    assert tree(home)
    assert install(client, "--undo").code == 0

    assert [name for name, content in tree(home).items() if content is not None] == []
    assert tree(home) == {}


@pytest.mark.parametrize("client", CLIENTS)
def test_undo_gives_back_every_byte_of_a_configuration(client: str, install: Installer, home: Path) -> None:
    fill(home, client)
    before = tree(home)

    shown = install(client)
    installed = tree(home)
    again = install(client)
    repeated = tree(home)
    install(client, "--undo")

    assert shown.out.count("@@") >= 2
    assert "+" in shown.out
    assert all(installed[name] != before[name] for name in CONFIGURED[client])
    assert (again.out, again.code) == ("", 0)
    assert repeated == installed
    left = {name: content for name, content in tree(home).items() if not name.startswith(".local")}
    assert left == before


@pytest.mark.parametrize("client", CLIENTS)
def test_a_dry_run_shows_what_the_real_one_shows_and_writes_nothing(
    client: str, install: Installer, home: Path
) -> None:
    fill(home, client)
    before = tree(home)

    dry = install(client, "--dry-run")

    assert tree(home) == before
    assert dry.out == install(client).out


@pytest.mark.parametrize("client", CLIENTS)
def test_a_broken_configuration_is_refused_and_nothing_is_written(client: str, install: Installer, home: Path) -> None:
    fill(home, client)
    *_, last = CONFIGURED[client]
    (home / last).write_text('{"a": [1, 2')
    before = tree(home)

    ran = install(client)

    assert ran.code == 1
    assert str(home / last) in ran.complaint
    assert tree(home) == before


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in which nobody may write, not even root, is Linux's own")
@pytest.mark.parametrize("servers", [None, '{"a": 1}'])
def test_where_one_of_two_files_cannot_be_written_the_other_stays(
    servers: str | None, install: Installer, home: Path
) -> None:
    (home / ".claude").symlink_to("/proc")
    if servers is not None:
        (home / ".claude.json").write_text(servers)

    ran = install("claude-code")

    assert ran.code == 1
    assert "cannot write /proc/settings.json" in ran.complaint
    assert sorted(p.name for p in home.iterdir()) == [".claude", *([".claude.json"] if servers is not None else [])]
    assert servers is None or (home / ".claude.json").read_text() == servers


def test_the_entry_starts_the_command_that_wrote_it(install: Installer, home: Path) -> None:
    install("codex")
    install("claude-code")

    codex = tomllib.loads((home / ".codex/config.toml").read_text())["mcp_servers"]["noctule"]
    claude = json.loads((home / ".claude.json").read_text())["mcpServers"]["noctule"]
    assert os.access(codex["command"], os.X_OK)
    assert (codex["args"][-1], claude["command"], claude["type"]) == ("mcp", codex["command"], "stdio")


def test_a_project_is_configured_only_where_it_is_named(install: Installer, home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()

    install("claude-code", project)

    server = json.loads((project / ".mcp.json").read_text())["mcpServers"]["noctule"]
    assert server == {"type": "stdio", "command": "noctule", "args": ["mcp"]}
    assert [name for name in tree(home) if not name.startswith(".local")] == []
    install("claude-code", project, "--undo")
    assert tree(project) == {}


def test_a_link_of_a_project_that_leads_out_of_it_is_refused(install: Installer, home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (home / "mine.json").write_text("{}")
    (project / ".mcp.json").symlink_to(home / "mine.json")

    ran = install("claude-code", project)

    assert ran.code == 1
    assert "is a link to" in ran.complaint
    assert (home / "mine.json").read_text() == "{}"


def test_the_users_own_link_and_the_mode_of_its_target_stay(install: Installer, home: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / "dotfiles/claude.json").write_text('{"a": 1}')
    (home / "dotfiles/claude.json").chmod(0o600)
    (home / ".claude.json").symlink_to("dotfiles/claude.json")

    install("claude-code")

    assert (home / ".claude.json").is_symlink()
    assert "noctule" in (home / "dotfiles/claude.json").read_text()
    assert stat.S_IMODE((home / "dotfiles/claude.json").stat().st_mode) == 0o600
    assert sorted(p.name for p in (home / "dotfiles").iterdir()) == ["claude.json"]


def test_what_a_client_wrote_anew_since_is_kept_and_noctule_taken_out(install: Installer, home: Path) -> None:
    fill(home, "claude-code")
    install("claude-code")
    said = json.loads((home / ".claude.json").read_text())
    (home / ".claude.json").write_text(json.dumps({**said, "numStartups": 5}, indent=4))

    assert install("claude-code", "--undo").code == 0

    assert json.loads((home / ".claude.json").read_text()) == {"numStartups": 5, "mcpServers": {"x": {"command": "x"}}}


def test_noctule_is_taken_out_where_the_receipt_was_lost(install: Installer, home: Path) -> None:
    fill(home, "zed")
    install("zed")
    for receipt in (home / ".local/state/noctule/installed").iterdir():
        receipt.unlink()

    assert install("zed", "--undo").code == 0

    assert "noctule" not in (home / ".config/zed/settings.json").read_text()


def test_undo_says_so_where_there_is_nothing_to_take_out(install: Installer, home: Path) -> None:
    fill(home, "codex")
    before = tree(home)

    ran = install("codex", "--undo")

    assert (ran.code, ran.out, tree(home)) == (0, "", before)
    assert "Nothing to remove" in ran.err


def test_an_entry_of_the_users_own_under_our_name_is_left_alone(install: Installer, home: Path) -> None:
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").write_text('{"mcpServers": {"noctule": {"url": "http://127.0.0.1:7171/mcp"}}}')
    before = tree(home)

    codes = [install("cursor", *undo).code for undo in ((), ("--undo",))]

    assert codes == [1, 1]
    assert tree(home) == before


def test_an_unknown_client_is_a_wrong_usage(install: Installer) -> None:
    assert install("emacs").code == 2


def test_after_noctule_has_moved_undo_and_install_name_the_place_where_it_is(
    install: Installer, home: Path, tmp_path: Path
) -> None:
    fill(home, "claude-code")
    before = tree(home)
    install("claude-code")
    said = (home / ".claude.json").read_text()

    moved = [sys.executable, "-m", "noctule.lsp_server.cli.main", "install", "claude-code"]
    variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    refused, undone, installed = (
        subprocess.run([*moved, *more], env=variables, capture_output=True, check=False)
        for more in ((), ("--undo",), ())
    )

    assert refused.returncode == 1
    assert b"--undo" in refused.stderr
    assert (undone.returncode, installed.returncode) == (0, 0)
    assert (home / ".claude.json").read_text() != said
    install("claude-code", "--undo")
    assert {name: content for name, content in tree(home).items() if not name.startswith(".local")} == before
