"""What a name of C or C++ may mean: what its file and those that it includes declare; a declaration and its definition
are one thing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.parse.facts.model import CLASS, FUNCTION, IMPORT, IS_PRIVATE, VALUE, Binding
from noctule.indexer.resolve.imports.c_files import CFilePolicy
from noctule.indexer.resolve.imports.c_overloads import Overloads
from noctule.indexer.resolve.imports.namespaces import Namespaces
from noctule.indexer.resolve.imports.policy import Type
from noctule.indexer.resolve.slots import Slot, external, module_slot

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

_HEADERS = frozenset({"h", "hh", "hpp", "hxx", "h++", "inl", "ipp", "tcc", "inc"})
_LIBRARY = frozenset(
    "snprintf vsnprintf strcasecmp strncasecmp strnlen strndup strdup strerror strtok_r strsep "
    "getaddrinfo freeaddrinfo gai_strerror inet_ntop inet_pton poll socket connect bind setsockopt "
    "getsockopt close read write open time sleep usleep va_copy isnan isinf fseeko ftello gmtime_r "
    "localtime_r getpid unlink stat fileno isatty O_CLOEXEC O_BINARY SEEK_SET SEEK_CUR SEEK_END "
    "malloc calloc realloc free memcpy memmove memset memcmp strlen strcpy strncpy strcmp strncmp strchr strrchr "
    "strstr strtol strtoll strtoull strtod getenv printf fprintf sprintf vprintf vfprintf vsprintf vasprintf asprintf "
    "errno fopen fclose fread fwrite fflush lseek exit abort qsort INFINITY NAN PATH_MAX EOF NULL "
    "CHAR_BIT SCHAR_MIN SCHAR_MAX UCHAR_MAX CHAR_MIN CHAR_MAX SHRT_MIN SHRT_MAX USHRT_MAX INT_MIN INT_MAX UINT_MAX "
    "LONG_MIN LONG_MAX ULONG_MAX LLONG_MIN LLONG_MAX ULLONG_MAX INT8_MIN INT8_MAX UINT8_MAX INT16_MIN INT16_MAX "
    "UINT16_MAX INT32_MIN INT32_MAX UINT32_MAX INT64_MIN INT64_MAX UINT64_MAX INTPTR_MAX UINTPTR_MAX SIZE_MAX "
    "SSIZE_MAX PTRDIFF_MAX DBL_MAX FLT_MAX DBL_EPSILON FLT_EPSILON M_PI offsetof assert static_assert va_start va_end "
    "AF_UNSPEC AF_UNIX AF_INET AF_INET6 PF_INET PF_INET6 SOCK_STREAM SOCK_DGRAM INADDR_ANY IPPROTO_TCP IPPROTO_IPV6 "
    "SHUT_RD SHUT_WR SHUT_RDWR MSG_NOSIGNAL STDIN_FILENO STDOUT_FILENO STDERR_FILENO S_ISREG S_ISDIR S_ISLNK "
    "EAGAIN EWOULDBLOCK EINTR EINVAL ENOMEM EINPROGRESS ECONNRESET ECONNREFUSED EADDRINUSE ENOTSUP ETIMEDOUT "
    "CLOCK_MONOTONIC CLOCK_REALTIME timeradd timersub timercmp timerclear timerisset PRId64 PRIu64 PRIx64".split()
)
"""Names of the library that macros and prototypes stand in for on some systems."""
_SYSTEM_TYPES = frozenset(
    "iovec timeval timespec sockaddr sockaddr_in sockaddr_in6 sockaddr_un sockaddr_storage in_addr in6_addr addrinfo "
    "pollfd msghdr cmsghdr ssize_t socklen_t sa_family_t mode_t pid_t uid_t gid_t off_t int8_t int16_t int32_t int64_t "
    "uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t".split()
)
"""Types of the system that a repository declares where one lacks them."""


class CPolicy(CFilePolicy):
    """C and C++, one family. The key of a module is the name of a namespace."""

    family = "c"
    adds_members = True
    sees_members = True
    names_constructors = True

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._owners: dict[int, dict[int, str]] = {}
        self._overloads = Overloads(program, self.find_owner)

    @cached_property
    def _global(self) -> dict[str, list[Slot]]:
        """What all files bind at their tops."""
        found: dict[str, list[Slot]] = {}
        for file in self._files:
            for name, bindings in self.program.of(file).scopes[0].names.items():
                found.setdefault(name, []).extend(Slot(file, 0, b) for b in bindings if not b.scoped or _is_static(b))
        return found

    @cached_property
    def _namespaces(self) -> Namespaces:
        return Namespaces(self.program, self._files)

    @cached_property
    def _methods(self) -> dict[str, dict[str, list[Slot]]]:
        found: dict[str, dict[str, list[Slot]]] = {}
        for file in self._files:
            for owner, name, binding in self.program.outline(file).members:
                if isinstance(owner, str) and not owner.endswith("namespace"):
                    found.setdefault(owner, {}).setdefault(name, []).append(Slot(file, 0, binding))
        return found

    # Names

    def resolve_import(self, file: int, module: str, name: str | None) -> list[Slot]:
        """Return what `using namespace::name` means; an include brings all names."""
        if name and module == "namespace":
            return [module_slot(("c", name))] if name in self._namespaces.names else []
        if name and module.startswith("using "):
            space = module.removeprefix("using ").rpartition("::")[2]
            told = self.member(("c", space), name) if space in self._namespaces.names else []
            return self.select_members(file, told) or self.outer(file, name)
        return [external(name or module)]

    def outer(self, file: int, name: str) -> list[Slot]:
        """Return the meanings of a name in the included files, with the definitions of names that are only declared."""
        slots = self._global.get(name)
        if not slots:
            return [module_slot(("c", name))] if name in self._namespaces.names and name != "std" else []
        if name.rpartition(" ")[2] in _SYSTEM_TYPES:
            return []
        reach = self._reach(file)
        found = [slot for slot in slots if slot.file in reach]  # what is private is pasted in, too
        if name in _LIBRARY and all(_is_macro(slot) or self._overloads.is_declaration(slot) for slot in slots):
            return []
        found = self._drop_replaced(_drop_renaming(name, found)) if len(found) > 1 else found
        found = self._prefer_own(file, found) if len(found) > 1 else found
        if found and _are_switches(found) and len({slot.file for slot in found}) > 1:
            return []
        if not found and _are_switches(slots) and len({slot.file for slot in slots}) > 1:
            return []
        if not found:
            found = self._find_tag(file, slots) if " " in name else self._find_around(file, slots)
        return self._join(name, found, slots) if found else self._find_linked(file, slots)

    def _prefer_own(self, file: int, found: list[Slot]) -> list[Slot]:
        """Of headers that declare a type or a macro each for its build, `a.c` uses `a.h` where that is one of them."""
        if any(slot.binding.tag == FUNCTION for slot in found):
            return found
        stem = self.program.paths[file].rpartition(".")[0]
        own = [slot for slot in found if self.program.paths[slot.file].rpartition(".")[0] == stem]
        headers = [slot for slot in found if self.program.paths[slot.file].rpartition(".")[2] in _HEADERS]
        return own or headers or found

    def find_outer(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return what a name means beyond the file: of several, what the innermost namespace around declares."""
        if name.endswith("::"):
            return self._find_space(file, scope, name[:-2], row)
        found = self.outer(file, name)
        if not found or self._is_c(file):
            return found
        around = self._namespaces.find_open(file, row) | self._find_owners(file, scope)
        depths = [
            0 if slot.file < 0 else len(names) if around.issuperset(names) else -1
            for slot, names in ((slot, self._namespaces.find(slot) if slot.file >= 0 else ()) for slot in found)
        ]
        best = max(0, *depths)
        chosen = [slot for slot, depth in zip(found, depths, strict=True) if depth == best or _is_macro(slot)]
        return self._overloads.drop(chosen)

    def _is_c(self, file: int) -> bool:
        head = self.program.heads[file]
        return head is None or head.language != "cpp"

    def _find_owners(self, file: int, scope: int) -> frozenset[str]:
        """Return the namespaces that a definition names which is written outside of them: `int space::f() { }`."""
        found: set[str] = set()
        scopes = self.program.of(file).scopes
        while scope > 0:
            function = scopes[scope].function
            if function >= 0:
                owner = self.find_owner(file, function)
                if owner is not None:
                    found.update(self._class_spaces(owner))
                elif function in self._owners[file]:
                    found.add(self._owners[file][function])
            scope = scopes[scope].parent
        return frozenset(found)

    def _class_spaces(self, class_: tuple[int, int]) -> list[str]:
        """Return the namespaces around a class of the top of a file."""
        names = self.program.of(class_[0]).scopes[0].names.get(self.program.of(class_[0]).classes[class_[1]].name, ())
        at = next((b for b in names if b.tag == CLASS and b.value == class_[1]), None)
        return [] if at is None else self._namespaces.find(Slot(class_[0], 0, at))

    def select_members(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the members that a C++ file can see, and the definitions of those that it sees declared."""
        if not slots or self._is_c(file):
            return slots
        own = self._own(file)
        seen = [slot for slot in slots if slot.file < 0 or slot.file in own]
        if not seen or len(seen) == len(slots):
            return self._overloads.drop(seen)
        return self._overloads.drop(
            seen
            + [
                slot
                for slot in slots
                if slot.file >= 0
                and slot.file not in own
                and slot.binding.tag == FUNCTION
                and any(
                    s.file >= 0 and s.binding.tag == FUNCTION and self._overloads.is_one_form(slot, s) for s in seen
                )
            ]
        )

    def _find_space(self, file: int, scope: int, name: str, row: int) -> list[Slot]:
        """Return the meanings of a name before `::`: no functions, no variables, though these may have that name."""
        facts = self.program.of(file)
        while scope > 0:
            looked = facts.scopes[scope]
            if (looked.class_ >= 0 and name in facts.classes[looked.class_].parameters) or (
                looked.function >= 0 and name in facts.functions[looked.function].generic
            ):
                return []
            found = [Slot(file, scope, b) for b in looked.names.get(name, ())]
            owner = (file, looked.class_) if looked.class_ >= 0 else None
            if looked.function >= 0:
                owner = self.find_owner(file, looked.function)
            if not found and owner is not None and self.program.members_of is not None:
                found = list(self.program.members_of(owner, name))
            found = [slot for slot in found if _has_names(slot)]
            if found:
                return found
            scope = looked.parent
        own = [slot for slot in self.program.top(file, name) if _has_names(slot)]
        if own:
            return self.top(file, name, own)
        beyond = [slot for slot in self.find_outer(file, 0, name, row) if slot.file < 0 or _has_names(slot)]
        return beyond or ([module_slot(("c", name))] if name in self._namespaces.names and name != "std" else [])

    def _drop_replaced(self, found: list[Slot]) -> list[Slot]:
        """Leave out the macros that a header defines anew which includes theirs."""
        if not all(map(_is_macro, found)):
            return found
        later = [slot.file for slot in found if slot.binding.value[2]]
        return [s for s in found if not any(s.file != file and s.file in self._reach(file) for file in later)]

    def _find_tag(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the only definition of a tag that is just declared here: in files that include this one, or all."""
        found = [slot for slot in slots if self._sees(slot.file, file)] or slots
        one = found[0].file
        if any(slot.file != one for slot in found):
            return []
        return found if self._sees(one, file) or self._reach(one) & self._reach(file) else []

    def _find_around(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the meanings of a name in the files that include this one: headers may rely on what precedes them."""
        if file not in self._includers:
            return []
        into, context = self._includers[file], self._context(file)
        found = [s for s in slots if s.file in context and (s.file in into or not self._is_private(s))]
        found = [s for s in found if s.file in into or all(s.file in self._own(around) for around in into)]
        found = [s for s in found if s.file not in into or s.binding.row < self._find_include(s.file, file)]
        return found if len({slot.file for slot in found}) == 1 else [slot for slot in found if slot.file in into]

    def _find_linked(self, file: int, slots: list[Slot]) -> list[Slot]:
        """Return the one definition of a function whose prototype macros make in the function's header."""
        defined = [
            s
            for s in slots
            if s.binding.tag == FUNCTION and self._is_linked(s) and not self._overloads.is_declaration(s)
        ]
        if len(defined) != 1 or len(slots) != 1:
            return []
        home = self.program.paths[defined[0].file].rpartition(".")[0] + ".h"
        return defined if self.program.position.get(home, -1) in self._reach(file) else []

    def top(self, file: int, name: str, found: list[Slot]) -> list[Slot]:
        """Return the meanings of a name of a file, with its other declarations."""
        slots = self._global.get(name, [])
        found = _drop_renaming(name, found) if len(found) > 1 else found
        return self._join(name, found, slots) if len(slots) > len(found) else found

    def _join(self, name: str, found: list[Slot], slots: list[Slot]) -> list[Slot]:
        """Add the definitions that a declaration stands for, and the declarations of a definition."""
        if any(not self._is_linked(slot) for slot in found) or len(slots) == len(found):
            return found
        linked = [slot for slot in slots if self._is_linked(slot) and self._may_be_one(slot, found[0])]
        if self._namespaces.names:
            space = self._namespaces.find(found[0])
            linked = [
                slot
                for slot in linked
                if slot in found
                or (self._namespaces.find(slot) == space and any(self._overloads.is_one_form(slot, f) for f in found))
            ]
        if sum(not self._overloads.is_declaration(slot) for slot in linked) == 1:
            return linked  # one definition: all declarations are of it
        joined_slots = list(found)
        for slot in linked:
            if slot not in found and any(self._sees(slot.file, f.file) for f in found):
                joined_slots.append(slot)
        return joined_slots

    def _may_be_one(self, one: Slot, other: Slot) -> bool:
        """Tell whether two declarations may be of one thing: two variables only where a header may declare them."""
        if one.binding.tag == other.binding.tag == FUNCTION:
            return True
        return not self._reach(one.file).isdisjoint(self._reach(other.file))

    def _is_linked(self, slot: Slot) -> bool:
        """Tell whether other files may declare the same thing: a function or variable that is not private."""
        binding = slot.binding
        if binding.tag == FUNCTION:
            return not self._is_private(slot)
        return bool(binding.tag == VALUE and binding.type is not None and not binding.scoped)

    def _is_private(self, slot: Slot) -> bool:
        binding = slot.binding
        if binding.scoped:
            return True
        return bool(binding.tag == FUNCTION and self.program.of(slot.file).functions[binding.value].flags & IS_PRIVATE)

    def is_namespace(self, name: str) -> bool:
        """Tell whether a word of a macro may be a namespace."""
        return name in self._namespaces.names

    def member(self, module: tuple[str, str], name: str) -> list[Slot]:
        """Return what `namespace::name` means: any file's, since namespaces are open, but none of other namespaces.

        A macro may hide the namespace around a declaration: what has none is meant where nothing else is.
        """
        slots = self._global.get(name, [])
        if not slots:
            return [module_slot(("c", name))] if name in self._namespaces.names else []
        around = [(slot, self._namespaces.find(slot)) for slot in slots]
        exact = [slot for slot, names in around if names and names[-1] == module[1]]
        if module[1] == "std":
            return exact
        return (
            exact
            or [slot for slot, names in around if module[1] in names]
            or [slot for slot, names in around if not names]
        )

    def extra_members(self, owner: tuple[int, int], name: str) -> list[Slot]:
        """Return methods that are defined outside of their class, in files that see it."""
        class_ = self.program.of(owner[0]).classes[owner[1]]
        if not class_.name:
            return []
        slots = self._methods.get(class_.name, {}).get(name, [])
        return [slot for slot in slots if owner[0] in self._reach(slot.file)]

    def find_owner(self, file: int, function: int) -> tuple[int, int] | None:
        """Return the class of a method that is defined outside the class."""
        names = self._owners.get(file)
        if names is None:
            names = self._owners[file] = {
                b.value: owner
                for owner, _, b in self.program.of(file).members
                if isinstance(owner, str) and not owner.endswith("namespace") and b.tag == FUNCTION
            }
        name = names.get(function)
        if name is None:
            return None
        for slot in self.program.top(file, name) or self.outer(file, name):
            if slot.file >= 0 and slot.binding.tag == CLASS:
                return (slot.file, slot.binding.value)
        return None

    def unknown(self, name: str) -> Type:
        """Return a library's type."""
        return ("k", name.removesuffix("::"), ())


def _has_names(slot: Slot) -> bool:
    """Tell whether a slot may contain names: a type, an alias of one, or what `using` brings."""
    tag, value, type_ = slot.binding[:3]
    return tag in {CLASS, IMPORT} or (tag == VALUE and type_ is None and value is not None and not _is_macro(slot))


def _is_macro(slot: Slot) -> bool:
    value = slot.binding.value
    return slot.binding.tag == VALUE and isinstance(value, tuple) and value[0] == "M"


def _are_switches(slots: list[Slot]) -> bool:
    """Tell whether all are macros without a word: `#define USE_IPV6 1`. Of several, a build chooses one."""
    return all(_is_macro(slot) and not slot.binding.value[1] for slot in slots)


def _drop_renaming(name: str, found: list[Slot]) -> list[Slot]:
    """Leave out macros that name what is declared here otherwise in some builds: `#define deflate z_deflate`."""
    declared = [slot for slot in found if not (_is_macro(slot) and _renames(name, slot.binding.value[1]))]
    return declared if any(not _is_macro(slot) for slot in declared) else found


def _renames(name: str, words: tuple[str, ...]) -> bool:
    return len(words) == 1 and words[0] != name and (words[0].endswith(name) or words[0].startswith(name))


def _is_static(binding: Binding) -> bool:
    """Tell whether a binding is a variable of a file of C that other files see only where they include it."""
    return binding.tag == VALUE and binding.scoped and binding.row == 0
