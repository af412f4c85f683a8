"""What the server offers, as the protocol writes it: its tools, resources and prompt. Knows no SDK."""

from __future__ import annotations

from typing import Any

from noctule import __version__
from noctule.lsp_server.mcp import resources
from noctule.lsp_server.mcp.tools import INSTRUCTIONS, TOOLS

PROMPT = "start_task"
NUMBERS = "noctule/answer"
"""Where a client finds the numbers of an answer; no model is shown them."""
_HINTS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}

SERVER: dict[str, Any] = {
    "capabilities": {
        "prompts": {"listChanged": False},
        "resources": {"subscribe": False, "listChanged": False},
        "tools": {"listChanged": False},
    },
    "serverInfo": {"name": "noctule", "version": __version__},
    "instructions": INSTRUCTIONS,
}
"""The answer to a handshake, beside the revision of the protocol."""

LISTS: dict[str, dict[str, Any]] = {
    # Whatever is known by now: a list that changes would empty the caches of a model.
    "tools/list": {
        "tools": [
            {
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "inputSchema": tool.input_schema,
                "annotations": _HINTS,
            }
            for tool in TOOLS
        ]
    },
    # What is about the whole repository; the rest has a template, so that no list grows with it.
    "resources/list": {
        "resources": [
            {
                "name": "repository",
                "title": "The repository",
                "uri": resources.NOTES,
                "description": "What reading the files of the repository does not show.",
                "mimeType": "text/plain",
            },
            {
                "name": "status",
                "title": "State of the index",
                "uri": resources.STATUS,
                "description": "What is indexed, how fresh it is, and after how many seconds to ask again.",
                "mimeType": "application/json",
            },
        ]
    },
    "resources/templates/list": {
        "resourceTemplates": [
            {
                "name": "notes",
                "title": "Notes of a place",
                "uriTemplate": resources.TEMPLATE,
                "description": "What reading a file, symbol (path:symbol) or directory does not show.",
                "mimeType": "text/plain",
            }
        ]
    },
    "prompts/list": {
        "prompts": [
            {
                "name": PROMPT,
                "description": "Start a task with the places that it leads to.",
                "arguments": [
                    {"name": "task", "description": "The task: an issue, a question, a change.", "required": True}
                ],
            }
        ]
    },
}
"""What each request for a list is answered with."""
