"""`noctule install` on whole home folders: what it writes, shows, refuses, and takes out again."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from noctule.lsp_server.install import plan
from noctule.lsp_server.install.clients import CLIENTS
from noctule.lsp_server.install.names import NAMES, PRINTED
from noctule.lsp_server.install.places import UserPlaces
from tests.e2e.conftest import Noctule, Ran

CONFIGURED: Mapping[str, Mapping[str, str]] = {
    "claude-code": {
        ".claude.json": '{\n  "numStartups": 4,\n  "mcpServers": {\n    "x": {"command": "x"}\n  }\n}',
        ".claude/settings.json": '{"hooks": {"PostToolUse": [{"matcher": "Bash", "hooks": []}]}, "model": "m"}\n',
    },
    "codex": {
        ".codex/config.toml": 'model = "m"\n\n[mcp_servers.x]\ncommand = "x" # mine\n',
        ".codex/hooks.json": '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}\n',
    },
    "cursor": {
        ".cursor/mcp.json": '{"mcpServers": {}}\n',
        ".cursor/hooks.json": '{\n  "version": 1,\n  "hooks": {"stop": [{"command": "x"}]}\n}\n',
    },
    "vscode": {".config/Code/User/mcp.json": '{\r\n\t// mine\r\n\t"servers": {\r\n\t},\r\n\t"inputs": []\r\n}'},
    "copilot": {".copilot/mcp-config.json": '{"mcpServers": {"x": {"type": "local"}}}'},
    "antigravity": {".gemini/config/mcp_config.json": "{}", ".gemini/config/hooks.json": '{"x": {"Stop": []}}\n'},
    "opencode": {".config/opencode/opencode.jsonc": '{\n  "mcp": {\n    "x": {"type": "local"},\n  },\n}\n'},
    "windsurf": {".codeium/windsurf/mcp_config.json": '{"mcpServers": {}}'},
    "kiro": {".kiro/settings/mcp.json": '{"mcpServers": {"x": {"command": "x", "disabled": true}}}\n'},
    "qwen": {".qwen/settings.json": '{\n    "theme": "x" // dark\n}\n'},
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
        names = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "COPILOT_HOME")
        unset = dict.fromkeys(names, "")
        return self.noctule("install", *args, env={**unset, "HOME": str(self.home), **variables})


@pytest.fixture
def install(noctule: Noctule, home: Path) -> Installer:
    return Installer(noctule, home)


def fill(home: Path, client: str) -> None:
    for name, text in CONFIGURED[client].items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode())


def test_every_client_is_tried_here() -> None:
    assert CONFIGURED.keys() == set(NAMES) - {"portable"}


@pytest.mark.parametrize("client", CONFIGURED)
def test_undo_gives_back_a_home_folder_without_any_configuration(client: str, install: Installer, home: Path) -> None:
    said = install(client)
    assert said.code == 0
    assert all(name in said.err for name, content in tree(home).items() if content and not name.startswith(".local"))
    assert install(client, "--undo").code == 0

    assert tree(home) == {}


@pytest.mark.parametrize("client", CONFIGURED)
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
    assert tree(home) == before


@pytest.mark.parametrize("client", CONFIGURED)
def test_a_dry_run_shows_what_the_real_one_shows_and_writes_nothing(
    client: str, install: Installer, home: Path
) -> None:
    fill(home, client)
    before = tree(home)

    dry = install(client, "--dry-run")

    assert tree(home) == before
    assert dry.out == install(client).out


@pytest.mark.parametrize("client", CONFIGURED)
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
    assert install("xcode").code == 2


def test_clients_that_were_installed_one_after_the_other_leave_no_folder(install: Installer, home: Path) -> None:
    for client in ("zed", "kiro", "copilot"):
        install(client)
    for client in ("zed", "copilot", "kiro"):
        install(client, "--undo")

    assert tree(home) == {}


def test_without_hooks_only_the_server_is_added(install: Installer, home: Path) -> None:
    said = install("claude-code", "--no-hooks")

    assert "Hooks (" not in said.err
    assert not (home / ".claude").exists()
    assert "UserPromptSubmit" in install("claude-code").err
    install("claude-code", "--undo")
    assert tree(home) == {}


def test_what_was_written_for_gemini_goes_when_its_successor_comes(install: Installer, home: Path) -> None:
    (home / ".gemini").mkdir()
    (home / ".gemini/settings.json").write_text('{"theme": "x"}')
    places = UserPlaces(home, {}, "linux", ("/usr/bin/noctule",))
    [old] = CLIENTS["gemini"](places, None)
    change = plan._plan_install(old, places, None)
    assert change is not None
    plan.apply_changes([change])

    refused, installed = install("gemini"), install("antigravity")

    assert "was retired" in refused.complaint
    assert "removed from" in installed.err
    assert (home / ".gemini/settings.json").read_text() == '{"theme": "x"}'
    assert "noctule" in (home / ".gemini/config/mcp_config.json").read_text()


@pytest.mark.parametrize("client", PRINTED)
def test_where_there_is_nothing_to_write_the_text_is_printed(client: str, install: Installer, home: Path) -> None:
    said = install(client)

    assert (said.code, tree(home)) == (0, {})
    assert '"lsp"' in said.out or '"mcp"' in said.out


def test_who_names_no_client_is_told_so(install: Installer) -> None:
    assert (install().code, install("zed", "--refresh").code) == (2, 2)


def test_after_noctule_has_moved_refresh_names_the_place_where_it_is(install: Installer, home: Path) -> None:
    fill(home, "claude-code")
    before = tree(home)
    install("claude-code")
    said = (home / ".claude.json").read_text()
    program = json.loads(said)["mcpServers"]["noctule"]["command"]
    for path in (home / ".claude.json", home / ".claude/settings.json", *(home / ".local/state").rglob("*.json")):
        path.write_text(path.read_text().replace(program, "/no/such/noctule"))
    receipts = (home / ".local/state/noctule/installed").glob("*.json")
    files = {str(p): p.read_text() for p in (home / ".claude.json", home / ".claude/settings.json")}
    for receipt in receipts:
        kept = json.loads(receipt.read_text())
        receipt.write_text(json.dumps({**kept, "after": hashlib.sha256(files[kept["file"]].encode()).hexdigest()}))

    doctor = install.noctule("doctor", home, env={"HOME": str(home), "XDG_STATE_HOME": ""})
    refused, refreshed, again = install("claude-code"), install("--refresh"), install("--refresh")
    healthy = install.noctule("doctor", home, env={"HOME": str(home), "XDG_STATE_HOME": ""})

    assert "/no/such/noctule is started by a client, and is not there" in doctor.out
    assert "--refresh" in refused.complaint
    assert (refreshed.code, (home / ".claude.json").read_text()) == (0, said)
    assert "every entry is up to date" in again.err
    assert "2 configuration files of agents and editors" in healthy.out
    install("claude-code", "--undo")
    assert tree(home) == before
