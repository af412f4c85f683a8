"""URIs of files in, paths out, and back; bytes of a name that are not UTF-8 survive the trip. Opens nothing."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlencode, urlsplit

NOTE_SCHEME = "noctule"


def uri_to_path(uri: str) -> Path | None:
    """Return the absolute path of a file URI; None for what is no file, or lies on another machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        return None
    path = os.fsdecode(unquote_to_bytes(parts.path))
    return Path(os.path.normpath(path)) if path.startswith("/") and "\0" not in path else None


def path_to_uri(path: Path | str) -> str:
    """Return the URI of an absolute path."""
    return "file://" + quote(os.fsencode(path))


def note_uri(root: Path, subject: str) -> str:
    """Return the URI of the note of a subject of the repository at `root`."""
    name = quote((subject or "repository").encode("utf-8", "surrogateescape"))
    return f"{NOTE_SCHEME}:/{name}.md?{urlencode({'root': os.fsencode(root), 'subject': os.fsencode(subject)})}"


def uri_to_note(uri: str) -> tuple[Path, str] | None:
    """Return the root and the subject that the URI of a note names; None for what is none."""
    try:
        parts = urlsplit(uri)
        if parts.scheme.lower() != NOTE_SCHEME:
            return None
        # An editor may encode the `=` and `&` of what it takes for one text.
        query = parts.query if "=" in parts.query else os.fsdecode(unquote_to_bytes(parts.query))
        given = parse_qs(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=4)
    except ValueError:
        return None
    root, subject = given.get("root", [""])[0], given.get("subject", [""])[0]
    return (Path(root), subject) if root.startswith("/") and "\0" not in root + subject else None
