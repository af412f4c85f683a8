"""The language server's methods: one a file, which reads parameters, asks a service and words the answer."""

from __future__ import annotations

from noctule.lsp_server.features import (
    code_action,
    code_lens,
    configuration,
    context,
    definition,
    diagnostics,
    doctor,
    document_link,
    hover,
    initialize,
    ledger,
    notes,
    pause,
    predict,
    queue,
    recipes,
    references,
    resume,
    review,
    show,
    sleep,
    sleep_now,
    status,
    status_change,
    text_document_content,
    user,
    workspace_folders,
)
from noctule.lsp_server.features import (
    dismiss as silence,
)
from noctule.lsp_server.features import (
    location as spot,
)
from noctule.lsp_server.lsp.server import NoctuleServer

REQUESTS = (
    context,
    notes,
    predict,
    recipes,
    references,
    review,
    spot,
    status,
    sleep,
    queue,
    sleep_now,
    pause,
    resume,
    ledger,
    doctor,
)
"""The custom requests; each is a command of the same name too."""


def register(server: NoctuleServer) -> None:
    """Add all methods to a server."""
    for feature in (
        initialize,
        configuration,
        user,
        workspace_folders,
        status_change,
        hover,
        code_lens,
        diagnostics,
        code_action,
        document_link,
        definition,
        text_document_content,
        *REQUESTS,
        show,
        silence,
    ):
        feature.register(server)
