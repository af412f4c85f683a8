"""What the custom requests share: parameters checked and named in what is refused, answers in the JSON contract.

Each is registered as a command of the same name too, for clients without code of their own: its one argument is what
the request takes as its parameters.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from noctule.indexer.errors import NoctuleError, NotIndexed
from noctule.indexer.results import Answer
from noctule.lsp_server.loaded_view import Unknown
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest
from noctule.lsp_server.service import RepositoryService

VERSION = 1
"""The version of the requests and notifications; docs/lsp.md says what raises it."""
ASK_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class NotKnown(Answer):
    """Nothing is known of the repository yet; `state` is how its sleeper stands, empty where there is none."""

    known: bool
    root: str
    state: str
    doing: str
    ask_again_s: float


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a request, read by name and kind."""

    values: Mapping[str, Any]

    def text(self, name: str, default: str | None = None) -> str | None:
        """Return a text. JsonRpcInvalidParams."""
        value: str | None = self._of(name, str, "a text", default)
        return value

    def yes(self, name: str) -> bool:
        """Return whether something is asked for. JsonRpcInvalidParams."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise JsonRpcInvalidParams(f"{name} must be true or false")
        return bool(value)

    def number(self, name: str, default: int, least: int = 0) -> int:
        """Return a whole number of at least `least`. JsonRpcInvalidParams."""
        value: int = self._of(name, int, "a whole number", default)
        if value < least:
            raise JsonRpcInvalidParams(f"{name} is {value}, but must be at least {least}")
        return value

    def seconds(self, name: str) -> float | None:
        """Return a number of seconds above 0, or None. JsonRpcInvalidParams."""
        value = self._of(name, int | float, "a number of seconds", None)
        if value is not None and not 0 < value < float("inf"):
            raise JsonRpcInvalidParams(f"{name} is {value}, but must be above 0")
        return None if value is None else float(value)

    def share(self, name: str) -> float | None:
        """Return a number above 0 and up to 1, or None. JsonRpcInvalidParams."""
        value = self._of(name, int | float, "a number", None)
        if value is not None and not 0 < value <= 1:
            raise JsonRpcInvalidParams(f"{name} is {value}, but must be above 0 and at most 1")
        return None if value is None else float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts. JsonRpcInvalidParams."""
        values = self._of(name, list, "a list of texts", [])
        if not all(isinstance(value, str) for value in values):
            raise JsonRpcInvalidParams(f"{name} must be a list of texts")
        return tuple(values)

    def _of(self, name: str, kind: Any, wanted: str, default: Any) -> Any:  # noqa: ANN401 - what JSON can hold
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise JsonRpcInvalidParams(f"{name} must be {wanted}")
        return value


Handler = Callable[[RepositoryService, Params], Awaitable[Answer]]
AllHandler = Callable[[Params], Awaitable[Answer]]
"""Answers over all repositories of an editor, where a request names none."""


def register(server: NoctuleServer, method: str, handler: Handler, over_all: AllHandler | None = None) -> None:
    """Register a handler as a request, and as a command."""

    async def answer(params: Params) -> dict[str, object]:
        uri = params.text("uri")
        if over_all is not None and uri is None and len(list(server.folders)) > 1:
            return (await over_all(params)).to_json()
        service = server.find_service(uri)
        try:
            return (await handler(service, params)).to_json()
        except (Unknown, NotIndexed):
            return unknown_error(service).to_json()

    async def to_answer(given: object) -> dict[str, object]:
        if given is not None and not isinstance(given, Mapping):
            raise JsonRpcInvalidParams("the parameters must be an object")
        try:
            return await answer(Params(given or {}))
        except NoctuleError as error:
            raise RefusedRequest.of_error(error) from error

    async def request(params: Any) -> dict[str, object]:  # noqa: ANN401 - pygls hands the JSON on as it is
        return await to_answer(params)

    async def command(*arguments: Any) -> dict[str, object]:  # noqa: ANN401
        return await to_answer(arguments[0] if arguments else None)

    server.feature(method)(request)
    server.command(method)(command)


def unknown_error(service: RepositoryService) -> NotKnown:
    """Say that nothing is known yet, what is being done about it, and when to ask again."""
    standing = service.sleeper_status
    state, job = (standing.state, standing.job) if standing is not None else ("", "")
    return NotKnown(False, str(service.root), state, job, ASK_AGAIN_S)
