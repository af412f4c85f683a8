"""What `noctule doctor` looks at, as one answer for every face. Prints nothing and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.reports import Checkup
from noctule.lsp_server.doctor.environment import checks
from noctule.lsp_server.doctor.resources import footprint

if TYPE_CHECKING:
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.serve.repository import Repository
    from noctule.lsp_server.settings import BadSettings, Settings


def checkup(
    repository: Repository | None,
    settings: Settings,
    problem: NoctuleError | None = None,
    bad_settings: BadSettings | None = None,
) -> Checkup:
    """Examine a repository, or say why it cannot be opened."""
    measures = footprint(repository, settings) if repository is not None else ()
    checked = checks(repository, settings, problem, bad_settings)
    return Checkup(
        root=str(repository.root) if repository is not None else None,
        footprint=measures,
        checks=checked,
        faults=[one.state for one in measures].count("fault") + [one.state for one in checked].count("fault"),
    )
