"""What went wrong with a call in, what an agent is told out. Knows no protocol."""

from __future__ import annotations

import os
import sys

from noctule.indexer.defaults import DEBUG_VARIABLE
from noctule.indexer.errors import NoctuleError, UnknownSubject, find_shortage
from noctule.indexer.printable import printable_line
from noctule.lsp_server.mcp.arguments import BadArgument
from noctule.lsp_server.text.code_fence import add_fence


def failure_text(error: Exception) -> str:
    """Return what an agent is told of a call that failed, with what to do next."""
    if isinstance(error, UnknownSubject | BadArgument):  # it quotes the arguments, which may be anybody's words
        return add_fence("Noctule: this call has no answer.", [explain(error)])
    if isinstance(error, NoctuleError):
        return f"Noctule: {explain(error)}."
    _report(error)
    if shortage := find_shortage(error):
        return f"Noctule: {shortage}; continue without it."
    return f"Noctule: an unexpected {type(error).__name__}; this is a bug in noctule, continue without it."


def explain(error: NoctuleError) -> str:
    """Return an error and its advice as one line."""
    return printable_line(f"{error}; {error.advice or 'continue without it'}")


def _report(error: Exception) -> None:
    """Print the traceback of a defect for those who ask for it: it may hold a repository's text."""
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error)))
