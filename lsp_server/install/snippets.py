"""What to put where by hand, for editors whose configuration is a program or a dialog. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from noctule.lsp_server.install.names import PRINTED


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text, and where it goes."""

    where: str
    text: str


def _jetbrains(command: Sequence[str]) -> Snippet:
    server = {"command": command[0], "args": [*command[1:], "mcp"]}
    where = (
        "AI Assistant: Settings | Tools | AI Assistant | Model Context Protocol (MCP), Add, As JSON. "
        "Junie: ~/.junie/mcp/mcp.json"
    )
    return Snippet(where, json.dumps({"mcpServers": {"noctule": server}}, indent=2))


def _neovim(command: Sequence[str]) -> Snippet:
    words = ", ".join(map(json.dumps, (*command, "lsp")))
    text = f"""vim.lsp.config("noctule", {{ cmd = {{ {words} }}, root_markers = {{ ".git" }} }})
vim.lsp.enable("noctule")"""
    return Snippet("Neovim 0.11 or later: ~/.config/nvim/init.lua", text)


def _helix(command: Sequence[str]) -> Snippet:
    text = f"""[language-server.noctule]
command = {json.dumps(command[0])}
args = {json.dumps([*command[1:], "lsp"])}

[[language]]
name = "python"
language-servers = ["pylsp", "noctule"]"""
    where = "Helix: ~/.config/helix/languages.toml; one [[language]] for each language, with its own server first"
    return Snippet(where, text)


def _emacs(command: Sequence[str]) -> Snippet:
    words = " ".join(map(json.dumps, (*command, "lsp")))
    text = f"""(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '(prog-mode . ({words}))))"""
    where = "Emacs 29 or later: init.el, for files without another server (eglot starts one for each mode)"
    return Snippet(where, text)


SNIPPETS = dict(zip(PRINTED, (_jetbrains, _neovim, _helix, _emacs), strict=True))
