"""What names of modules mean in Elixir where they stand: `alias`, `import` and `use` hold to the end of a block."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from noctule.indexer.parse.facts.model import MODULE, Expr

USING = "using "
"""What the name begins with under which a module says which modules it has others import."""
USES = "uses"
"""The name in the scope of a module under which stands what it uses: the names of what others have it import."""
PRIVATE = "private "
"""What the names of functions begin with that no other module sees."""


def name_module(full: str) -> str:
    """Return the name that a module is bound as."""
    return MODULE + full.replace(".", "\\")


def name_using(full: str, part: str = "") -> str:
    """Return the name that the imports are bound as which a module has others make, or a part of them."""
    return USING + (f"{part} " if part else "") + full.replace(".", "\\")


def name_given(using: str, alias: str) -> str:
    """Return the name that a module is bound as which others know by an alias, since they `use` something."""
    return f"{using} as {alias}"


def name_function(name: str, arity: int) -> str:
    """Return the name that a function is bound as."""
    return f"{arity} {name}"


@dataclass(frozen=True, slots=True)
class ImportedModule:
    """A module whose functions are called by their names alone: `only` some of them, or all but `hidden` ones."""

    receiver: str
    only: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()

    def gives(self, function: str) -> bool:
        """Tell whether a function may come from there."""
        return function not in self.hidden and (self.only is None or function in self.only)

    def restrict(self) -> Expr:
        """Return the expression of what is imported."""
        if self.only is not None:
            return ("cut", self.receiver, self.only, True)
        return ("cut", self.receiver, self.hidden, False) if self.hidden else self.receiver


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds at a place: the full name of the module around ("" where it has none), aliases, and imports."""

    module: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    imports: tuple[ImportedModule, ...] = ()

    def expand(self, spelled: str) -> str:
        """Return the full name of a module as it is spelled; nothing where it is not known."""
        first, dot, rest = spelled.partition(".")
        if first == "Elixir":
            return rest
        start = self.module if first == "__MODULE__" else self.aliases.get(first, first)
        return start and start + dot + rest

    def with_alias(self, name: str, full: str) -> Surroundings:
        """Return the same with one more alias."""
        return replace(self, aliases={**self.aliases, name: full})

    def with_import(self, imported: ImportedModule) -> Surroundings:
        """Return the same with one more import; the last one of a module holds."""
        others = tuple(one for one in self.imports if one.receiver != imported.receiver)
        return replace(self, imports=(*others, imported))
