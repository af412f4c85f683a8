"""Addresses of resources: a subject in, `noctule://notes/...` out, and back. Opens nothing.

A subject is looked up among what was learned, so that no address leads out of the repository.
"""

from __future__ import annotations

import os
from urllib.parse import unquote_to_bytes

from noctule.indexer.errors import UnknownSubject
from noctule.lsp_server.mcp.arguments import LONGEST_NAME

NOTES = "noctule://notes/"
TEMPLATE = f"{NOTES}{{+subject}}"
STATUS = "noctule://status"


def address_to_subject(address: str) -> str:
    """Return the subject of an address. UnknownSubject."""
    subject = os.fsdecode(unquote_to_bytes(address.removeprefix(NOTES)))
    if not address.startswith(NOTES) or len(subject) > LONGEST_NAME or "\0" in subject:
        raise UnknownSubject("unknown address", f"the addresses are {STATUS} and {TEMPLATE}")
    return subject
