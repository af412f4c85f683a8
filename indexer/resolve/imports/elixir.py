"""What Elixir's full names of modules mean: the one module of that name which a file sees."""

from __future__ import annotations

from functools import cached_property

from noctule.indexer.parse.facts.elixir.names import USES, USING, name_given
from noctule.indexer.parse.facts.model import MODULE, Expr
from noctule.indexer.resolve.imports.policy import Policy, Type
from noctule.indexer.resolve.slots import MOST_STEPS, Slot

_APART = frozenset({"priv", "test"})
"""Folders of a project of which only what lies in the same one sees what is defined there."""


class ElixirPolicy(Policy):
    """Elixir. Files are no modules; a module is its full name, in the files of one project."""

    family = "elixir"
    own_scope_sees_members = False
    is_sequential = False

    @cached_property
    def _files(self) -> list[int]:
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language == "elixir"]

    @cached_property
    def _modules(self) -> dict[str, list[Slot]]:
        """What all files say of modules, by the full names of these."""
        found: dict[str, list[Slot]] = {}
        for file in self._files:
            for _, name, binding in self.program.outline(file).members:
                found.setdefault(name, []).append(Slot(file, 0, binding))
        return found

    @cached_property
    def _projects(self) -> frozenset[str]:
        paths = (self.program.paths[file].rpartition("/") for file in self._files)
        return frozenset(folder for folder, _, name in paths if name == "mix.exs")

    def _project(self, file: int) -> str:
        folder = self.program.paths[file]
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self._projects:
                break
        return folder

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: one that is compiled, of its project or of one that this needs."""
        mine, other = self.program.paths[file], self.program.paths[target]
        if other.endswith(".exs") and not mine.endswith(".exs"):
            return False
        own, project = self._project(file), self._project(target)
        apart = _apart(other, project)
        if apart and not mine.startswith(apart):
            return False
        is_beside = own.rpartition("/")[0] == project.rpartition("/")[0]
        return own == project or is_beside or not project or own.startswith(f"{project}/")

    def find_outer(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return the module of a name: what the modules around a scope are given as an alias by what they `use`."""
        first, _, rest = name.removeprefix(MODULE).partition("\\")
        scopes = self.program.of(file).scopes
        while scope >= 0 and name.startswith(MODULE):
            for bound in reversed(scopes[scope].names.get(USES, ())):
                given = self._find_given(file, bound.value, first) if bound.row < row else ""
                if given:
                    return self.outer(file, f"{given}\\{rest}" if rest else given)
            scope = scopes[scope].parent
        return self.outer(file, name)

    def _find_given(self, file: int, usings: Expr, alias: str, depth: int = 0) -> str:
        """Return the module that an alias stands for which some usings give, the last one first."""
        names = [one for one in usings[1:] if isinstance(one, str)] if isinstance(usings, tuple) else []
        for using in reversed([name for name in names if name.startswith(USING)]):
            for slot in self.outer(file, name_given(using, alias))[-1:]:
                return str(slot.binding.value)
            inner = self.outer(file, using) if depth < MOST_STEPS else []
            given = next(
                (g for slot in inner if (g := self._find_given(file, slot.binding.value, alias, depth + 1))), ""
            )
            if given:
                return given
        return ""

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the module of a full name, where there is one alone: of the project, else of those beside it."""
        found = [slot for slot in self._modules.get(name, ()) if self.can_see(file, slot.file)]
        own = self._project(file)
        found = [slot for slot in found if self._project(slot.file) == own] or found
        found = [slot for slot in found if not self.program.paths[slot.file].endswith(".exs")] or found
        return found if len({slot.file for slot in found}) == 1 else []

    def unknown(self, name: str) -> Type:
        """Return nothing: of a module of a library no more is known."""
        return None


def _apart(path: str, project: str) -> str:
    """Return the folder outside of which nobody sees what a file of a project defines; empty where all do."""
    parts = path.split("/")
    top = project.count("/") + 1 if project else 0
    last = max((at for at, part in enumerate(parts[:-1]) if part == "fixtures"), default=-1)
    if last < 0 and parts[top] in _APART and top < len(parts) - 1:
        last = top
    return "".join(f"{part}/" for part in parts[: last + 1])
