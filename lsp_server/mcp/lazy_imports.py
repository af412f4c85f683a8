"""What the MCP SDK would do when it is imported, and is done when it is asked for.

`mcp` and `mcp.server` import, for the names that they offer, a client and a second kind of server with an HTTP library
each: a fifth of the time until the first answer. Whoever does ask for such a name gets it, at that price. And of the
400 models of all messages of all versions of the protocol, a session uses thirty.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Hollow(ModuleType):
    def __getattr__(self, name: str) -> object:
        spec: ModuleSpec | None = self.__spec__
        if spec is None or spec.loader is None or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment] # from here on a package like any other
        spec.loader.exec_module(self)
        return getattr(self, name)


def hollow(*names: str) -> None:
    """Put packages that are not imported yet into place, each after the one that it lies in."""
    for name in names:
        parent = sys.modules.get(name.rpartition(".")[0])
        if name in sys.modules:
            continue
        spec = PathFinder.find_spec(name, None if parent is None else parent.__path__)
        if spec is None or spec.submodule_search_locations is None:
            return
        module = _Hollow(name)
        module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
        module.__path__ = list(spec.submodule_search_locations)
        module.__package__ = name
        sys.modules[name] = module
        if parent is not None:
            setattr(parent, name.rpartition(".")[2], module)


@contextmanager
def deferred_models() -> Iterator[None]:
    """Have each pydantic model that is defined meanwhile prepared when it is first used."""
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "__all__"
    )  # to look for one reads what every package says of itself
    from pydantic import BaseModel, ConfigDict

    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(defer_build=True)  # what a model's class does not say, it inherits
    try:
        yield
    finally:
        BaseModel.model_config = before
