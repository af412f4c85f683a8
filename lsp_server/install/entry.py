"""What is to stand in a configuration file, and why it may not be put there. Knows no format and no file.

NoctuleError
└── Refused     a configuration cannot be used as it is; nothing was written
"""

from __future__ import annotations

from dataclasses import dataclass

from noctule.indexer.errors import NoctuleError

NAME = "noctule"
MARK = ">>> noctule: `noctule install ... --undo` removes this"
END_MARK = "<<< noctule"

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Step = tuple[int, str]
"""A text that is put in, and where: an offset in what the steps before it have made."""


class RefusedChange(NoctuleError):
    """A configuration cannot be used as it is; nothing was written."""


class BrokenConfig(ValueError):
    """A text is not of its format; says where."""


@dataclass(frozen=True, slots=True)
class Want:
    """A value below some keys; `listed` where it is one of the elements of the list there, else the last key's own."""

    keys: tuple[str, ...]
    value: Json
    listed: bool = False

    @property
    def where(self) -> str:
        """The keys as a person writes them."""
        return ".".join(self.keys)
