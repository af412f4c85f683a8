"""What the user has chosen, as one value: their own file, then their environment. No repository has a say in it.

NoctuleError
└── BadSettings     a setting cannot be used; nothing was done, and its text names where it stands
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_type_hints

from noctule.indexer.errors import NoctuleError
from noctule.indexer.llm.key import VARIABLE as KEY_VARIABLE
from noctule.indexer.llm.settings import Choice
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.idle import Hours, Thresholds
from noctule.lsp_server.settings_sources import FILE_VARIABLE, PREFIX, SECTIONS, is_setting, settings_file


class BadSettings(NoctuleError):
    """A setting cannot be used; nothing was done."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """How much of the machine sleep takes while it works, a share of the cores, in whole ones and at least one.

    And which SCIP index it reads: a path from the top folder of a work tree, or a full one; empty for the usual one.
    """

    cores_share: float = 0.5
    scip: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.cores_share <= 1:
            raise ValueError(f"cores_share is {self.cores_share:g}, but must be above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Above what `noctule doctor` speaks of a fault: the process that watches, at rest, and one repository's store."""

    memory_mb: float = 200.0
    disk_mb: float = 2_000.0

    def __post_init__(self) -> None:
        for name in ("memory_mb", "disk_mb"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name):g}, but must be above 0")


@dataclass(frozen=True, slots=True)
class Service:
    """Whether a process that stays answers the commands of others on the same repository."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """Where what others learned is read, and whether this machine publishes there; see docs/share.md.

    `trusted` holds public keys: with any, only what they signed is read. `key` is the file of a private one.
    """

    url: str = ""
    push: bool = False
    trusted: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each part is a section of the file, `thresholds` under the name `[idle]`."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    sleep: Sleep = field(default_factory=Sleep)
    limits: Limits = field(default_factory=Limits)
    footprint: Footprint = field(default_factory=Footprint)
    service: Service = field(default_factory=Service)
    model: Choice = field(default_factory=Choice)
    share: Share = field(default_factory=Share)

    @classmethod
    def load(cls) -> Settings:
        """Read the user's file where there is one, then the environment, which wins. BadSettings."""
        settings = cls()
        for given in (*_of_file(), *_of_environment()):
            settings = given.into(settings)
        return settings


@dataclass(frozen=True, slots=True)
class _Given:
    """One setting as it was given, and what to say of it where it is wrong."""

    where: str
    section: str
    key: str
    value: object
    is_text: bool = False

    def into(self, settings: Settings) -> Settings:
        part = getattr(settings, SECTIONS[self.section])
        kind = get_type_hints(type(part)).get(self.key)
        if self.section == "model" and self.key in _KEYS:
            # Its value is named nowhere: whatever is shown may be kept somewhere.
            advice = f"remove it, and set {KEY_VARIABLE} in the environment (docs/models.md)"
            raise BadSettings(f"{self.where}: a key must not be in settings", advice)
        if kind is None:
            known = [f.name for f in fields(part)]
            advice = _suggest(self.key, known) or f"[{self.section}] has {', '.join(known)}"
            raise BadSettings(f"{self.where}: unknown setting {self.key!r} in [{self.section}]", advice)
        try:
            chosen = replace(part, **{self.key: _READ[kind](self.value, self.is_text)})
        except ValueError as error:
            text = str(error)
            told = text if text.startswith(self.key) else f"{self.key}: {text}"
            raise BadSettings(f"{self.where}: [{self.section}] {told}", "see docs/settings.md") from error
        return replace(settings, **{SECTIONS[self.section]: chosen})


def _of_file() -> Iterator[_Given]:
    file = settings_file()
    if file is None:
        return
    import tomllib  # most users have no file

    try:
        sections = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        advice = f"change its permissions, or {FILE_VARIABLE}"
        raise BadSettings(f"cannot read the settings {file}: {error.strerror}", advice) from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"the settings {file} are not UTF-8 text", "save the file as UTF-8") from error
    except ValueError as error:  # TOMLDecodeError is one, and so is what Python says of a number of 5,000 digits
        raise BadSettings(f"the settings {file} are not TOML: {error}", "docs/settings.md shows an example") from error
    for section, keys in sections.items():
        if section not in SECTIONS:
            advice = _suggest(section, SECTIONS) or f"there are [{'], ['.join(SECTIONS)}]"
            raise BadSettings(f"{file}: unknown section [{section}]", advice)
        if not isinstance(keys, Mapping):
            raise BadSettings(f"{file}: {section!r} is a value, not a section", f"write [{section}] above its settings")
        for key, value in keys.items():
            yield _Given(str(file), section, key, value)


def _of_environment() -> Iterator[_Given]:
    for name, value in sorted(os.environ.items()):
        if is_setting(name) and value and name != KEY_VARIABLE:
            section, _, key = name.removeprefix(PREFIX).lower().partition("_")
            yield _Given(f"the environment variable {name}", section, key, value, is_text=True)


def _number(value: object, is_text: bool) -> float:
    if isinstance(value, str) and is_text:
        with contextlib.suppress(ValueError):
            return float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return float(value)
    raise ValueError(f"{str(value)[:40]!r} is not a number")


def _yes_or_no(value: object, is_text: bool) -> bool:
    if is_text and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def _hours(value: object, is_text: bool) -> tuple[Hours, ...]:  # noqa: ARG001 - read as the other kinds are
    if isinstance(value, str):
        return Hours.of(value)
    raise ValueError(f'{value!r} is not text such as "22:00-07:00"')


def _whole(value: object, is_text: bool) -> int:
    number = _number(value, is_text)
    if not number.is_integer():
        raise ValueError(f"{str(value)[:40]!r} is not a whole number")
    return int(number)


def _text(value: object, is_text: bool) -> str:  # noqa: ARG001 - read as the other kinds are
    if isinstance(value, str):
        return value
    raise ValueError(f"{str(value)[:40]!r} is not text")


_READ: dict[object, Callable[[object, bool], Any]] = {
    float: _number,
    int: _whole,
    str: _text,
    bool: _yes_or_no,
    tuple[Hours, ...]: _hours,
}
_KEYS = ("key", "api_key", "apikey", "token", "secret")


def _suggest(name: str, known: Mapping[str, object] | list[str]) -> str:
    from difflib import get_close_matches  # only for those who mistype

    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""
