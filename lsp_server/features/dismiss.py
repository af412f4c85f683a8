"""`noctule/silence`: the command behind an action; a hint is not shown again for this repository."""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from noctule.indexer.errors import NoctuleError
from noctule.indexer.serve.repository import Repository
from noctule.lsp_server.features import diagnostics
from noctule.lsp_server.lsp.server import NoctuleServer, RefusedRequest

COMMAND = "noctule/silence"


def register(server: NoctuleServer) -> None:
    """Add the command; its argument is an object with `uri`, `changed` and `path`, as the hint's data has them."""

    @server.command(COMMAND)
    async def silence(*arguments: Any) -> None:  # noqa: ANN401 - what JSON can hold
        given = arguments[0] if arguments else None
        names = ("uri", "changed", "path")
        if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in names):
            raise JsonRpcInvalidParams("give an object with uri, changed and path")
        service = server.find_service(given["uri"])

        def keep(repository: Repository) -> None:
            from noctule.lsp_server.dismissed import dismiss

            dismiss(repository.folder, (given["changed"], given["path"]))

        try:
            await server.beside(service, keep)
        except NoctuleError as error:
            raise RefusedRequest.of_error(error) from error
        await diagnostics.update(server, service)
