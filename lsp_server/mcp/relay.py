"""Tool calls that a noctule which serves the repository already answers for this one. Knows no protocol of agents.

So ten agents hold the index in memory once. Whatever is not answered, this process answers from its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from noctule.indexer.errors import NotIndexed
from noctule.indexer.runtime import local_socket
from noctule.lsp_server.cli.service_client import TOOL, make_request
from noctule.lsp_server.mcp.reply import ToolReply

if TYPE_CHECKING:
    from pathlib import Path

    from noctule.lsp_server.cli.target import CommandSite
    from noctule.lsp_server.cli.terminal import Terminal
    from noctule.lsp_server.loaded_view import LoadedView


def address(root: Path) -> str:
    """Return where whoever serves a repository listens."""
    return local_socket.socket_path(local_socket.find_repository(str(root))[1])


def ask(root: Path, name: str, given: Mapping[str, object]) -> ToolReply | None:
    """Have a call answered by another process; None where none does."""
    try:
        said = json.dumps(given).encode()
        request = make_request((TOOL, name), said, str(root), str(root), ((None, False), (None, False)))
        line = json.dumps(request).encode() + b"\n"
        reply = local_socket.ask(address(root), line, local_socket.LATEST_TAKEN_S)
        told = json.loads(reply) if reply is not None else {}
        text, numbers, parts = json.loads(told["out"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ToolReply(text, numbers, parts)


def answer(name: str, said: bytes, view: LoadedView, terminal: Terminal, site: CommandSite) -> None:
    """Answer another process's call. KeyError, NotIndexed, and what the call raises: then that process answers."""
    from noctule.indexer.serve.usage import record_serving
    from noctule.lsp_server.mcp.arguments import Arguments
    from noctule.lsp_server.mcp.calls import CALLS
    from noctule.lsp_server.mcp.tools import NAMED

    repository = view.repository
    if name == "context" and repository.knows_a_part():
        raise NotIndexed(f"{repository.root} is being read for the first time", "ask again")
    served = CALLS[name](Arguments(NAMED[name], json.loads(said)), lambda _freshness: None)(repository)
    reply = served.reply
    terminal.write(json.dumps([reply.text, reply.numbers, reply.parts]))
    site.do_later(lambda: record_serving(repository, served.answer, served.took_ms))
