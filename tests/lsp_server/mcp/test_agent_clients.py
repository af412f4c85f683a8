"""Which clients put answers before a model, told by their names."""

from __future__ import annotations

import pytest

from noctule.lsp_server.mcp.agent_clients import is_program

AGENTS = (
    "claude-code",
    "claude-ai",
    "Claude Desktop",
    "codex-mcp-client",
    "Codex",
    "cursor-vscode",
    "Cursor",
    "Visual Studio Code",
    "Visual-Studio-Code",
    "Visual Studio Code - Insiders",
    "github-copilot-developer",
    "JetBrains-IU-copilot-intellij",
    "Xcode-copilot-xcode",
    "gemini-cli-mcp-client",
    "antigravity-client",
    "opencode",
    "Cline",
    "Roo-Code",
    "RooCode",
    "Kilo-Code",
    "Zed",
    "windsurf-client",
    "continue-cli-client",
    "goose",
    "crush",
    "amp-mcp-client",
    "Q-DEV-CLI",
    "kimi-code",
    "qwen-code",
    "hermes-agent",
    "claude-code (via mcp-remote 0.1.29)",
    "",
    "7",
)
PROGRAMS = ("mcp", "mcp-inspector", "test", "case", "b", "walk", "Postman-Client", "example-client", "my-dashboard")


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_is_no_program(name: str) -> None:
    assert not is_program(name)


@pytest.mark.parametrize("name", PROGRAMS)
def test_any_other_client_is_a_program(name: str) -> None:
    assert is_program(name)
