"""`noctule/user`: what the user has chosen of models in the editor, and their key, for as long as the server runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from noctule.indexer.llm.key import Key
from noctule.indexer.results import Answer
from noctule.lsp_server.lsp.server import NoctuleServer
from noctule.lsp_server.lsp.user_models import User

METHOD = "noctule/user"


@dataclass(frozen=True, slots=True)
class UserTaken(Answer):
    """Whether the choice was taken, and why not; and the models that count. The key is not repeated."""

    taken: bool
    why: str
    model: str
    checker: str
    has_key: bool


def register(server: NoctuleServer) -> None:
    """Add the request. It is no command: commands are run by name from anywhere."""

    @server.feature(METHOD)
    async def user(params: Any) -> dict[str, object]:  # noqa: ANN401 - pygls hands the JSON on as it is
        why = ""
        try:
            server.user = User.of(server.settings.model, Key.of_environment(), params)
            for service in server.folders:
                service.may_think(server.user.choice, server.user.key)
        except ValueError as error:
            why = str(error)
            server.complain(f"the model settings cannot be used: {why}", "none of them was applied")
        choice = server.user.choice
        return UserTaken(not why, why, choice.think, choice.checker, bool(server.user.key)).to_json()
