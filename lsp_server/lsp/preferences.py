"""What an editor may choose: what is shown, and whether it sleeps here. Nothing that costs, and nothing that is sent.

An editor takes its settings from the repository too (`.vscode/settings.json`), so none of these can set a budget, a
model, an address or a command; those are the user's own file's (docs/settings.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

SECTION = "noctule"
LINKS = ("auto", "command", "uri", "none")


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices, as docs/lsp.md lists them."""

    hover: bool = True
    codeLens: bool = False
    diagnostics: bool = False
    sleep: bool = True
    links: str = "auto"


def merge_choices(before: Preferences, given: object) -> tuple[Preferences, list[str]]:
    """Return the choices after an editor has sent its own, and a sentence for each that cannot be used.

    Settings that stand under `noctule` are taken from there; what is not given goes back to its default.
    """
    section = given.get(SECTION, given) if isinstance(given, Mapping) else given
    if section is None:
        return before, []
    if not isinstance(section, Mapping):
        return before, [f"the settings must be an object, not {type(section).__name__}; nothing was changed"]
    taken: dict[str, Any] = {}
    complaints = []
    defaults = Preferences()
    for described in fields(Preferences):
        if described.name not in section:
            continue
        value, default = section[described.name], getattr(defaults, described.name)
        if value is None:
            continue
        if type(value) is not type(default) or (described.name == "links" and value not in LINKS):
            wanted = "true or false" if isinstance(default, bool) else f"one of {', '.join(LINKS)}"
            complaints.append(f"{SECTION}.{described.name} must be {wanted}; it stays {default!r}")
            continue
        taken[described.name] = value
    return replace(defaults, **taken), complaints
