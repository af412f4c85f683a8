"""What was put into a file, kept so that it can be taken out exactly. Lies with the user's state, in no repository."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noctule.lsp_server.install.config_file import ConfigFile
from noctule.lsp_server.install.config_text import Taken
from noctule.lsp_server.install.entry import Step, Want

VERSION = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was put into a file: the steps, what they mean, and what was made for it; `project` names its folder."""

    file: str
    created: bool
    after: str
    steps: tuple[Step, ...]
    taken: tuple[Taken, ...]
    folders: tuple[str, ...]
    project: str | None = None

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(
            {
                "version": VERSION,
                "file": self.file,
                "created": self.created,
                "after": self.after,
                "steps": self.steps,
                "taken": [[one.want.keys, one.want.value, one.want.listed, one.made] for one in self.taken],
                "folders": self.folders,
                "project": self.project,
            }
        )

    @classmethod
    def of_text(cls, text: str, file: str | None = None) -> Receipt | None:
        """Return what a text says of a file, of any if none is given; None where it says nothing of it."""
        try:
            said: dict[str, Any] = json.loads(text)
            if said["version"] != VERSION or file not in (None, said["file"]):
                return None
            return cls(
                str(said["file"]),
                bool(said["created"]),
                str(said["after"]),
                tuple((int(at), str(put)) for at, put in said["steps"]),
                tuple(Taken(Want(tuple(keys), value, listed), made) for keys, value, listed, made in said["taken"]),
                tuple(map(str, said["folders"])),
                str(said["project"]) if said.get("project") else None,
            )
        except (ValueError, TypeError, KeyError):
            return None


def read_receipts(state: Path) -> list[tuple[ConfigFile, Receipt]]:
    """Return all receipts that can be read, with where they lie. Refused."""
    places = [ConfigFile.of(path) for path in sorted(state.glob("*.json"))]
    read = ((place, Receipt.of_text(place.read() or "")) for place in places)
    return [(place, receipt) for place, receipt in read if receipt is not None]


def receipt_place(state: Path, file: Path) -> ConfigFile:
    """Return where the receipt for a file lies."""
    return ConfigFile.of(state / f"{digest(str(file))[:24]}.json")


def digest(text: str) -> str:
    """Return what tells a text from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
