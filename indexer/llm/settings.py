"""What the user has chosen of models, as one value: which, where, how hard, how much and what may be sent. No key.

It is only ever made from the user's own settings: nothing that a repository holds is read for it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from noctule.indexer.llm.usage import Usage
from noctule.indexer.results import Value

EFFORTS = ("", "minimal", "low", "medium", "high")
THOUGHTS = (1, 2, 5)
ALL = "all"
NO_TESTS = "no tests"
MOST_AT_ONCE = 32
_NAME = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,199}", re.ASCII)
_PRICE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*")
_MOST_DOLLARS_A_MILLION = 100_000.0


@dataclass(frozen=True, slots=True)
class Prices(Value):
    """Dollars for a million tokens: read afresh, read from the provider's cache, put into it, and written."""

    read: float
    cached: float
    kept: float
    written: float

    @classmethod
    def of(cls, text: str) -> Prices | None:
        """Read "3/15": what a million tokens cost that are read, and that are written. ValueError; None if empty."""
        if not text.strip():
            return None
        match = _PRICE.fullmatch(text)
        if match is None or max(float(match[1]), float(match[2])) > _MOST_DOLLARS_A_MILLION:
            raise ValueError(f"{text!r} must be dollars per million input and output tokens, such as '3/15'")
        read, written = float(match[1]), float(match[2])
        return cls(read, read, read, written)

    def dollars(self, usage: Usage, *, worst: bool = False) -> float:
        """Return what a usage costs; `worst` where nothing of it may come from the provider's cache."""
        if worst:
            return (usage.read * max(self.read, self.kept) + usage.written * self.written) / 1e6
        plain = usage.read - usage.cached - usage.kept
        read = plain * self.read + usage.cached * self.cached + usage.kept * self.kept
        return (read + usage.written * self.written) / 1e6


@dataclass(frozen=True, slots=True)
class Choice(Value):
    """What the user has chosen. Nothing is sent unless `think` names a model; `check` is the same one if not named.

    Budgets are for all repositories together; those of one repository are `Limits`. Names are litellm's: a provider,
    "/" and its name of the model. Prices are told where litellm's table does not know them, as `Prices.of` reads them.
    """

    think: str = ""
    check: str = ""
    address: str = ""
    effort: str = ""
    thoughts: int = 1
    dollars_per_day: float = 2.0
    tokens_per_day: float = 1_000_000.0
    concurrency: int = 2
    send: str = ALL
    timeout_s: float = 120.0
    turns: int = 10
    note_tokens: int = 300
    wide_note_tokens: int = 500
    think_price: str = ""
    check_price: str = ""

    def __post_init__(self) -> None:
        for name in ("think", "check"):
            model = getattr(self, name)
            if model and not _NAME.fullmatch(model):
                raise ValueError(f"{name} is {model[:60]!r}, which is not a model name such as 'openai/gpt-5-mini'")
            try:
                Prices.of(getattr(self, f"{name}_price"))
            except ValueError as error:
                raise ValueError(f"{name}_price: {error}") from error
        if self.effort not in EFFORTS:
            raise ValueError(f"effort is {self.effort[:40]!r}, but must be one of {', '.join(EFFORTS[1:])}, or empty")
        if self.thoughts not in THOUGHTS:
            raise ValueError(f"thoughts is {self.thoughts}, but must be 1, 2 or 5")
        self._check_numbers()
        _check_address(self.address)
        _folders(self.send)

    def _check_numbers(self) -> None:
        for name in ("dollars_per_day", "tokens_per_day"):
            limit = getattr(self, name)
            if math.isnan(limit) or limit < 0:
                raise ValueError(f"{name} is {limit:g}, but a limit must be 0 or more")
        for name, least, most in (
            ("concurrency", 1, MOST_AT_ONCE),
            ("turns", 1, 100),
            ("note_tokens", 50, 4_000),
            ("wide_note_tokens", 50, 4_000),
            ("timeout_s", 1, 3_600),
        ):
            number = getattr(self, name)
            if not least <= number <= most:
                raise ValueError(f"{name} is {number:g}, but must be from {least} to {most:,}")

    @property
    def named(self) -> bool:
        """Whether the user has named a model."""
        return bool(self.think)

    @property
    def checker(self) -> str:
        """The model that checks."""
        return self.check or self.think

    def model(self, role: str) -> str:
        """Return the model for "think" or "check"."""
        return self.checker if role == "check" else self.think

    def user_prices(self, role: str) -> Prices | None:
        """Return what the user says that the model for "think" or "check" costs."""
        if role == "check" and self.check and self.check != self.think:
            return Prices.of(self.check_price)
        return Prices.of(self.think_price)

    @property
    def folders(self) -> tuple[str, ...]:
        """The only folders whose files may be sent; empty where that does not matter."""
        return _folders(self.send)


def _folders(send: str) -> tuple[str, ...]:
    if send in (ALL, NO_TESTS):
        return ()
    folders = tuple(part.strip().strip("/") for part in send.split(","))
    for folder in folders:
        if not folder or folder.startswith("~") or {"..", ".", ""} & set(folder.split("/")) or "\\" in folder:
            raise ValueError(f"send is {send[:60]!r}, but must be 'all', 'no tests' or folders such as 'src, docs/api'")
    return folders


def _check_address(address: str) -> None:
    if not address:
        return
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or address != address.strip() or not address.isprintable():
        raise ValueError(f"address is {address[:60]!r}, which is not an address such as 'http://127.0.0.1:11434/v1'")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("address must not hold a key; set the key in the environment (docs/models.md)")
