"""Repositories of which nothing is known, in one line instead of one each. Knows no stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from noctule.lsp_server.text.source_link import NO_NOTES

if TYPE_CHECKING:
    from noctule.indexer.serve.workspace_results import MemberNote


def split_silent(notes: Sequence[MemberNote]) -> tuple[Sequence[MemberNote], str]:
    """Return the notes that are told one by one, and a line on all others; one alone is told as it is."""
    told = [one for one in notes if one.note.claims or one.note.withheld]
    silent = [one.repository for one in notes if one not in told]
    if len(silent) < 2:
        return notes, ""
    return told, f"{', '.join(silent)}: {NO_NOTES[0].lower()}{NO_NOTES[1:]}"
