"""What Rust's paths mean: crates by `Cargo.toml`, modules by `mod`, and what `impl` gives a type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IMPORT, MACRO, VALUE, Binding, Expr
from noctule.indexer.resolve.imports.rust_modules import RustModulePolicy
from noctule.indexer.resolve.slots import Slot, external, module_slot

Ref = tuple[int, int]
_LAST = 1 << 30


class RustPolicy(RustModulePolicy):
    """Rust. The key of a module is its file; a module that is written in place is a type."""

    family = "rust"
    adds_members = True
    is_sequential = False
    own_scope_sees_members = False
    leads_on = True
    made_members = frozenset({"default"})
    passing_members = frozenset({"map", "and_then", "map_or", "for_each", "is_some_and", "inspect"})
    same_members = frozenset(
        (
            "unwrap expect clone as_ref as_mut borrow borrow_mut lock to_owned into_inner by_ref as_deref "
            "get_ref get_mut iter into_iter"
        ).split()
    )

    # Paths

    def modules(self, file: int, module: str) -> list[int]:
        """Return the file of `mod name;`: what `use` needs, the names say."""
        child = self._child(file, module) if module.startswith("mod:") else None
        return [] if child is None else [child]

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return what `use module::name` binds, or the module itself."""
        key = (file, module, name)
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self.busy:
            self.cuts += 1
            return []
        self.busy.add(key)
        cuts = self.cuts
        found = self._resolve(file, module, name or None)
        self.busy.discard(key)
        if self.cuts == cuts or not self.busy:
            self._known[key] = found
        return found

    def _resolve(self, file: int, module: str, name: str | None) -> list[Slot]:
        if module.startswith("mod:"):
            child = self._child(file, module)
            return [] if child is None else [module_slot(("rust", child))]
        around, _, path = module.rpartition("|")
        parts = path.split("::")
        ups = next((n for n, part in enumerate(parts) if part != "super"), len(parts))
        if ups > 1:
            parts = parts[ups - 1 :]
            slots = self._above(file, ups)
        else:
            slots = self._first(file, around, parts[0], importing=True)
        if not slots:
            return [external((name or parts[-1]).removeprefix(MACRO))]
        for part in parts[1:]:
            slots = self._members(slots, part)
        return slots if name is None else self._members(slots, name) or self._members(slots, MACRO + name)

    def _first(self, file: int, around: str, name: str, *, importing: bool = False) -> list[Slot]:
        """Return the meanings of the first name of a path."""
        if name in {"crate", "$crate"}:
            return [module_slot(("rust", self._root(file)))]
        if name == "self":
            return [module_slot(("rust", file))]
        if name == "super":
            return self._above(file, 1)
        if importing:
            found = [s for s in self._inline_slots(file, around, name) if s.binding.tag != IMPORT]
            found = found or [
                s for s in self._inline_slots(file, around, name) if s.binding.value.partition("::")[0] != name
            ]
            if found:
                return found
        if name in self._crates:
            return [module_slot(("rust", self._crates[name]))]
        return self._wildcard_names(file, around, name)

    def _above(self, file: int, ups: int) -> list[Slot]:
        """Return the module so many steps above that of a file; some are written in place in another file."""
        inner: list[str] = []
        for _ in range(ups):
            if inner:
                inner.pop()
                continue
            parent = self._parents.get(file)
            if parent is None:
                return []
            file, inner = parent[0], parent[1].split("::") if parent[1] else []
        found = [module_slot(("rust", file))]
        for part in inner:
            found = self._members(found, part)
        return found

    def _members(self, slots: list[Slot], name: str) -> list[Slot]:
        found: list[Slot] = []
        for slot in slots:
            for end in self.program.follow(slot):
                if end.is_module and end.file == -1:
                    found += self.member(end.binding, name)
                elif end.file >= 0 and end.binding.tag == CLASS:
                    found += self.program.find_members([end], name)
                elif end.file < -1:
                    found.append(external(name))
        return found

    def member(self, module: tuple[str, int], name: str) -> list[Slot]:
        """Return what `module::name` means."""
        file = module[1]
        found = self.program.top(file, name)
        if not found and name.startswith(MACRO):
            return self._crate_macros(file, name)
        return found or self._wildcard_names(file, "", name)

    def module_file(self, module: tuple[str, int]) -> int:
        """Return the file of a module."""
        return module[1]

    def _wildcard_names(self, file: int, around: str, name: str) -> list[Slot]:
        """Return the meanings of a name through a module's wildcard imports."""
        key = (file, around, "*" + name)
        if key in self.busy:
            self.cuts += 1
            return []
        self.busy.add(key)
        found: list[Slot] = []
        for imported in self.program.of(file).imports:
            if imported.name == "*" and imported.exported == around:
                slots = self.resolve_import(file, imported.module, None)
                found = self._members([s for s in slots if s.file != -2], name)
                if found:
                    break
        self.busy.discard(key)
        return found

    def find_outer(self, file: int, scope: int, name: str, _row: int) -> list[Slot]:
        """Return the meanings of a name outside the module that it is in."""
        if name == "crate":
            return self._first(file, "", name)
        if name.startswith(("self", "super")) and (name in {"self", "super"} or "::" in name):
            return self.resolve_import(file, name, None)
        if name.startswith(MACRO):
            return self._macro(file, name)
        around = ""
        facts = self.program.of(file)
        while facts.scopes[scope].parent >= 0:
            scope = facts.scopes[scope].parent
        if scope:
            around = next((p for p, c in self._inline_scopes(file).items() if facts.classes[c].scope == scope), "")
        key = (file, around, name)
        found = self._outer.get(key)
        if found is None:
            cuts = self.cuts
            found = self._wildcard_names(file, around, name) or self._first(file, around, name)
            if self.cuts == cuts or not self.busy:
                self._outer[key] = found
        return found

    # Macros

    @cached_property
    def _macros(self) -> dict[str, list[Slot]]:
        found: dict[str, list[Slot]] = {}
        for file in self._files:
            for scope, name, bindings in self.program.outline(file).macros:
                found.setdefault(name, []).extend(Slot(file, scope, b) for b in bindings if b.tag != IMPORT)
        return found

    def _macro(self, file: int, name: str) -> list[Slot]:
        imported = [s for s in self.program.top(file, name[len(MACRO) :]) if s.binding.tag == IMPORT]
        for slot in imported:
            ends = self.program.follow(slot)
            macros = [s for s in ends if s.file >= 0 and s.binding in (b.binding for b in self._macros.get(name, ()))]
            if macros or any(s.file == -2 for s in ends):
                return macros
        return self._crate_macros(file, name)

    def _crate_macros(self, file: int, name: str) -> list[Slot]:
        root = self._root(file)
        found = [slot for slot in self._macros.get(name, ()) if self._root(slot.file) == root]
        return found if len({slot.file for slot in found}) == 1 else []

    # Types

    @cached_property
    def _impl_members(self) -> dict[str, dict[str, list[tuple[int, Expr, Binding]]]]:
        """What `impl` blocks give, by the last names of types and by the names of members."""
        found: dict[str, dict[str, list[tuple[int, Expr, Binding]]]] = {}
        for file in self._files:
            for owner, name, binding in self.program.outline(file).members:
                last = owner[1] if isinstance(owner[1], str) else owner[1][2]
                found.setdefault(last, {}).setdefault(name, []).append((file, owner, binding))
        return found

    def _entries(self, ref: Ref, name: str) -> Iterator[tuple[int, Expr, Binding]]:
        spelled = self.program.of(ref[0]).classes[ref[1]].name
        for file, owner, binding in self._impl_members.get(spelled, {}).get(name, ()):
            if self._owner(file, owner) == ref:
                yield file, owner, binding

    def _owner(self, file: int, owner: Expr) -> Ref | None:
        key = (file, owner[2], owner[1])
        if key not in self._refs:
            self._refs[key] = None
            for slot in self._aliased(self._path(file, owner[2], owner[1])):
                if slot.file >= 0 and slot.binding.tag == CLASS:
                    self._refs[key] = (slot.file, slot.binding.value)
                    break
        return self._refs[key]

    def _aliased(self, slots: list[Slot]) -> list[Slot]:
        """Return what slots stand for where they are aliases of types."""
        found = []
        for slot in slots:
            value = slot.binding.value if slot.file >= 0 and slot.binding.tag == VALUE else None
            while isinstance(value, tuple) and value[0] == "i":
                value = value[1]
            is_alias = value is not None and slot.binding.type is None
            found += self._path(slot.file, slot.scope, value) if is_alias else [slot]
        return found

    def _path(self, file: int, scope: int, path: Expr) -> list[Slot]:
        if isinstance(path, str):
            slots = self.program.lookup(file, scope, path, _LAST)
            return [end for slot in slots for end in self.program.follow(slot)]
        slots = self._members(self._path(file, scope, path[1]), path[2]) if path[0] == "a" else []
        return [end for slot in slots for end in self.program.follow(slot)]

    def extra_members(self, owner: Ref, name: str) -> list[Slot]:
        """Return what `impl` gives a type, itself before its traits; of a module in place, what its wildcards bring."""
        class_ = self.program.of(owner[0]).classes[owner[1]]
        if class_.kind == "module":
            path = next((p for p, c in self._inline_scopes(owner[0]).items() if c == owner[1]), "")
            return self._wildcard_names(owner[0], path, name) if path else []
        if not class_.name or not name:
            return []
        entries = list(self._entries(owner, name))
        own = [e for e in entries if not e[1][3]] or entries
        slots = [Slot(file, given[2], binding) for file, given, binding in own]
        if len(slots) > 1 and own[0][1][3] and slots[0].binding.tag == FUNCTION:
            # Which of several traits is meant hangs on the arguments.
            slots = [slot._replace(binding=slot.binding._replace(definition=-1)) for slot in slots]
        return slots

    def extra_bases(self, owner: Ref) -> list[tuple[int, int, Expr]]:
        """Return the traits that are implemented for a type."""
        if not self.program.of(owner[0]).classes[owner[1]].name:
            return []
        return [(file, given[2], binding.value) for file, given, binding in self._entries(owner, "")]

    def find_owner(self, file: int, function: int) -> Ref | None:
        """Return the type that an `impl` gives a function to."""
        owners = self._owners.get(file)
        if owners is None:
            owners = self._owners[file] = {
                b.value: owner for owner, _, b in self.program.of(file).members if b.tag == FUNCTION
            }
        owner = owners.get(function)
        return None if owner is None else self._owner(file, owner)
