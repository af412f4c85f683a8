"""Whether a file that names something may mean a certain definition: what it imports, and how it spells the name."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from noctule.indexer.parse.facts.model import IMPORT, Facts, ImportedName
from noctule.indexer.review.change import EditedDefinition

_BY_PACKAGE = frozenset({"php", "java", "kotlin", "csharp"})
"""Languages in which a name belongs to the package or namespace that its file states, wherever that lies."""
_INDEX = frozenset({"__init__", "index", "mod"})
_ROOTS = frozenset({"crate", "self", "super", "src", "lib"})
_CHAIN = r"(?<![\w$@/\\.])(?<!::)(?<!->)(\\{0,2}(?:[\w$]+[)\]]*\s*(?:\.|->|::|\\{1,2})\s*)*)"


class Meaning:
    """What a name of a definition stands for in other files, as far as their own text decides it."""

    def __init__(self, definition: EditedDefinition, facts: Facts | None) -> None:
        self._definition = definition
        self._name = definition.name
        self._owner = definition.qualname.split(".")[:-1]
        self._package: list[str] | None = None
        if facts is not None and facts.language in _BY_PACKAGE:
            self._package = _split(facts.package)

    def is_excluded(self, user: str, facts: Facts | None) -> bool:
        """Tell whether the plain name is another thing in a file: imported from elsewhere, or of another package."""
        if facts is None:
            return False
        sources = self._imported(facts)
        if sources:
            return not any(name == self._name and self._leads_here(user, module) for module, name in sources)
        if self._package is None or facts.language not in {"php", "csharp"}:
            return False
        here = _split(facts.package)
        if facts.language == "php":
            return here != self._package and self._definition.kind != "function"
        opened = [_split(each.module) for each in facts.imports if each.name == "*"]
        return here[: len(self._package)] != self._package and self._package not in opened

    def is_other(self, user: str, facts: Facts | None, chain: str) -> bool:
        """Tell whether the qualifier before a name, as spelled, belongs to another thing."""
        parts, full = _split(chain), [*(self._package or ()), *self._owner]
        if "\\" in chain:
            ending = full if chain[0] == "\\" else full[-len(parts) :]
            return self._package is not None and parts != ending
        if len(parts) > 1 and (self._package is not None or user.endswith(".rb")):
            return full[-len(parts) :] != parts
        if facts is None or not parts:
            return False
        bound = _bindings(facts, parts[0]) if len(parts) == 1 else []
        modules = [each.module for each in facts.imports if not each.name and _is_called(each, parts[-1])]
        modules += [f"{module}/{name}" for module, name in bound if name]
        return bool(modules) and not any(self._leads_here(user, each) for each in (*modules, *(m for m, _ in bound)))

    def _imported(self, facts: Facts) -> list[tuple[str, str]]:
        """Return what a file imports under the name, as (module, name there)."""
        found = [(each.module, each.name) for each in facts.imports if each.name == self._name]
        for module, name in _bindings(facts, self._name):
            folder, _, last = module.rpartition(".")
            found.append((module, self._name if name == "default" else name) if name else (folder, last))
        return found

    def _leads_here(self, user: str, module: str) -> bool:
        """Tell whether a module, as an import spells it, may be the one of the definition."""
        if self._package is not None:
            parts, full = _split(module), [*self._package, *self._owner]
            return parts in (full, [*full, "Companion"], self._package)
        path = self._definition.path
        own = dirname(path).split("/") if path.endswith(".go") else _path_parts(path)
        dots = re.match(r"\.+(?![./])", module)
        if module.startswith(("./", "../")):
            return _path_parts(normpath(join(dirname(user), module))) == own
        if dots is not None:
            steps = [dirname(user), *[".."] * (len(dots[0]) - 1), *_split(module)]
            return _path_parts(normpath("/".join(filter(None, steps)))) == own
        parts = _path_parts(re.sub(r"^[@~]+/", "", module), dotted="/" not in module)
        while parts and parts[0] in _ROOTS:
            del parts[0]
        return bool(parts) and (own[-len(parts) :] == parts or parts[-len(own) :] == own)


def find_qualifiers(name: str, line: str) -> list[str]:
    """Return what stands before each mention of a name in a line, with its dots; "" where it stands alone."""
    return [found[1] for found in re.finditer(rf"{_CHAIN}{re.escape(name)}(?!\w)", line)]


def _bindings(facts: Facts, name: str) -> list[tuple[str, str]]:
    """Return what imports bind a name to, in any scope: (module, name there or "")."""
    return [
        (b.value, b.type if isinstance(b.type, str) else "")
        for scope in facts.scopes
        for b in scope.names.get(name, ())
        if b.tag == IMPORT and isinstance(b.value, str)
    ]


def _is_called(imported: ImportedName, name: str) -> bool:
    """Tell whether an import of a whole module is known by a name."""
    return (imported.exported or (_split(imported.module) or [""])[-1]) == name


def _split(qualifier: str) -> list[str]:
    return re.findall(r"\w+", qualifier)


def _path_parts(path: str, *, dotted: bool = False) -> list[str]:
    """Return the parts of the path of a module without its ending; the folder of an index or a package."""
    parts = re.split(r"[./:]+", path) if dotted else path.split("/")
    parts = [part for part in parts if part]
    if parts and not dotted:
        parts[-1] = parts[-1].partition(".")[0] or parts[-1]
    return parts[:-1] if len(parts) > 1 and parts[-1] in _INDEX else parts
