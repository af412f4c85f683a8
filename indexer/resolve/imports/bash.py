"""Names of shells: declared in the file and in the files that it sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.imports.policy import Policy
from noctule.indexer.resolve.slots import Slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot


class BashPolicy(Policy):
    """Shells. Files are no modules."""

    family = "bash"

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._reached: dict[int, list[int]] = {}

    def modules(self, file: int, module: str) -> list[int]:
        """Return the sourced file: the one beside this file, else the only one whose path ends so."""
        path = self.program.paths[file]
        position = self.program.position
        for whole in (resolve_relative(path, module), module.lstrip("./")):
            if whole is not None and whole in position:
                return [position[whole]]
        ending = "/" + module.lstrip("./")
        near = [f for p, f in position.items() if p.endswith(ending)]
        return near if len(near) == 1 else []

    def _reach(self, file: int) -> list[int]:
        """Return the files that a file sources, by steps."""
        found = self._reached.get(file)
        if found is None:
            found = [file]
            for at in found:
                for imported in self.program.of(at).imports:
                    found += [
                        f
                        for f in self.modules(at, imported.module)
                        if f not in found and self.program.heads[f] is not None
                    ]
            self._reached[file] = found
        return found

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the bindings of a sourced file."""
        for at in self._reach(file)[1:]:
            found = self.program.top(at, name) if self.program.of(at).language == "bash" else []
            if found:
                return found
        return []
