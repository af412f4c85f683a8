"""Noctule: learns a git repository in the background and answers coding tasks within a token budget.

    from noctule import Repository

    with Repository.open(".") as repository:
        repository.sleep()
        print(repository.context("login fails with a colon").text)

docs/python.md describes what is public. Whatever is asked for is imported then: `import noctule` alone loads nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as `typing` has it, whose import every start of the command would have to wait for
if TYPE_CHECKING:
    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.reports import SleepReport, Status
    from noctule.indexer.results import Forecast, Note, Pack
    from noctule.indexer.serve.repository import Repository

__all__ = ["Forecast", "NoctuleError", "Note", "Pack", "Repository", "SleepReport", "Status", "__version__"]
__version__ = "0.1.0"

_PLACES = {
    "Forecast": "noctule.indexer.results",
    "NoctuleError": "noctule.indexer.errors",
    "Note": "noctule.indexer.results",
    "Pack": "noctule.indexer.results",
    "Repository": "noctule.indexer.serve.repository",
    "SleepReport": "noctule.indexer.reports",
    "Status": "noctule.indexer.reports",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'noctule' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
