"""What a user has chosen of models in their editor, and their key: from `noctule/user` alone. Writes neither down.

It is never taken from `initializationOptions` or from settings: several editors read those from a file in the
repository, and nothing in a repository may name a model, an address or a budget (docs/security.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from noctule.indexer.llm.key import Key
from noctule.indexer.llm.settings import Choice

GIVEN = ("think", "check", "address", "effort", "dollars_per_day", "tokens_per_day", "thoughts", "send")
LONGEST_KEY = 4_096


@dataclass(frozen=True, slots=True)
class User:
    """The choice that counts in this server, and the key that goes with it."""

    choice: Choice = field(default_factory=Choice)
    key: Key = field(default_factory=Key)

    @classmethod
    def of(cls, base: Choice, environment_key: Key, given: object) -> User:
        """Return what counts when an editor has sent `given`; what it does not set is as in the user's own file.

        ValueError where any of it cannot be used: then none of it is taken, as a half would send what the other half
        holds back. The environment's key goes where the environment's owner sends it: to no address of the editor's.
        """
        if not isinstance(given, Mapping):
            raise ValueError("the parameters must be an object")
        model = {} if given.get("model") is None else given["model"]
        key = "" if given.get("key") is None else given["key"]
        if not isinstance(model, Mapping):
            raise ValueError("model must be an object")
        if not isinstance(key, str) or len(key) > LONGEST_KEY or not key.isprintable():
            raise ValueError("key must be a text of one line")
        taken = {name: _value(name, value) for name, value in model.items() if value is not None}
        choice = replace(base, **taken)
        elsewhere = choice.address != base.address
        return cls(choice, Key(key) if key.strip() else Key() if elsewhere else environment_key)


def _value(name: str, value: object) -> Any:  # noqa: ANN401 - as its field wants it
    kinds = {f.name: str(f.type) for f in fields(Choice) if f.name in GIVEN}
    if name not in kinds:
        raise ValueError(f"model has {', '.join(GIVEN)}, but not {name[:40]!r}")
    if name == "send" and isinstance(value, list):
        if not value or not all(isinstance(folder, str) and "," not in folder for folder in value):
            raise ValueError("model.send must be 'all', 'no tests' or a list of folders")
        return ", ".join(value)
    if kinds[name] == "str" and isinstance(value, str):
        return value.strip()
    if kinds[name] != "str" and isinstance(value, int | float) and not isinstance(value, bool):
        if kinds[name] == "float":
            return float(value)
        if value == int(value):
            return int(value)
    raise ValueError(f"model.{name} must be {'a text' if kinds[name] == 'str' else 'a number'}")
