"""The user's key for a model's provider: held in memory, shown nowhere. Knows no file and no provider."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

VARIABLE = "NOCTULE_MODEL_KEY"
HIDDEN = "[key]"
# Variables of providers that hold keys; their values are kept out of every message.
_OF_PROVIDER = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)(?:_ID)?$", re.IGNORECASE)
_SHORTEST = 12
"""What is shorter is no key of a provider, and may be a common word: some name their settings so too."""
# What providers repeat of a key when they do not take it: "sk-ab***yz", "Bearer abc".
_REPEATED = re.compile(r"(?i)\b(?:sk|pk|rk|key|api|gsk|xai|hf|nvapi)[-_][\w*.-]{6,}|\bbearer\s+\S+|[\w-]*\*{3,}[\w-]*")


class Key:
    """A key, or none; it does not show in any text that is made of it, and cannot be pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text.strip()

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Key:
        """Return the key that the user's environment names for noctule."""
        return cls(environment.get(VARIABLE, ""))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Key(hidden)" if self._text else "Key()"

    def __reduce__(self) -> str:
        raise TypeError("a key is not written down")

    def tell(self) -> str:
        """Return the key itself, for the standard input of the process that calls the provider."""
        return self._text

    def secrets(self, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
        """Return all that must show in no message: this key and those of the environment, the longest first."""
        named = {value.strip() for name, value in environment.items() if _OF_PROVIDER.search(name)}
        words = {word for word in {*named, self._text} if len(word) >= _SHORTEST}
        return tuple(sorted(words, key=len, reverse=True))


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Return what a provider said without keys, on one line of bounded length."""
    for word in secrets:
        text = text.replace(word, HIDDEN)
    text = " ".join(_REPEATED.sub(HIDDEN, text).split())
    return text if len(text) <= 300 else f"{text[:299]}…"
