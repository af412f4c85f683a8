"""Which files of C and C++ belong together: what an include means, and what is pasted into what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from noctule.indexer.files.paths import count_common_folders
from noctule.indexer.parse.languages.language import resolve_relative
from noctule.indexer.resolve.imports.policy import Policy, find_tests, group_by_name
from noctule.indexer.resolve.types import LAST

if TYPE_CHECKING:
    from noctule.indexer.resolve.slots import ProgramSnapshot

_LANGUAGES = frozenset({"c", "cpp"})
_ANGLED = frozenset(
    f"<{name}.h>"
    for name in (
        "assert complex ctype dirent dlfcn errno fcntl fenv float fnmatch getopt glob grp iconv ifaddrs inttypes "
        "iso646 libgen limits locale malloc math memory netdb poll pthread pwd regex resolv sched semaphore setjmp "
        "signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings syslog termios "
        "tgmath threads time uchar unistd utime wchar wctype windows winsock2"
    ).split()
)
"""Headers that a compiler or a system brings: in angle brackets they are no files of the repository."""


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


class CFilePolicy(Policy):
    """The part of the policy of C and C++ that knows files."""

    def __init__(self, program: ProgramSnapshot) -> None:
        super().__init__(program)
        self._included: dict[int, list[int]] = {}
        self._reached: dict[int, frozenset[int]] = {}
        self._around: dict[int, frozenset[int]] = {}
        self._seen: dict[int, frozenset[int]] = {}

    @cached_property
    def _files(self) -> list[int]:
        return [f for f, head in enumerate(self.program.heads) if head is not None and head.language in _LANGUAGES]

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        return group_by_name(self.program.paths, self._files)

    def modules(self, file: int, module: str) -> list[int]:
        """Return the file that an `#include` means: the one beside the file, else the nearest whose path ends so."""
        path = self.program.paths[file]
        spelled = module.strip("<>")
        if module in _ANGLED:
            return []
        beside = None if module.startswith("<") else resolve_relative(path, spelled)
        if beside is not None and beside in self.program.position:
            return [self.program.position[beside]]
        while spelled.startswith(("../", "./")):
            spelled = spelled.partition("/")[2]
        ending = "/" + spelled
        near = [
            f
            for f in self._by_name.get(spelled.rpartition("/")[2], ())
            if ("/" + self.program.paths[f]).endswith(ending)
        ]
        if not near:
            return []
        return [
            max(
                near, key=lambda f: (count_common_folders(self.program.paths[f], path), -len(self.program.paths[f]), -f)
            )
        ]

    def _template_includes(self, module: str) -> list[int]:
        """Return the includes of a header that a build makes from a template: `name.h.in`."""
        found: list[int] = []
        spelled = module.strip("<>").lstrip("./")
        for path in self._templates.get(spelled.rpartition("/")[2], ()):
            if ("/" + path.rpartition(".")[0]).endswith("/" + spelled):
                for included in _INCLUDE.findall(self.program.texts[path]):
                    whole = resolve_relative(path, included)
                    if whole is not None and whole in self.program.position:
                        found.append(self.program.position[whole])
        return found

    @cached_property
    def _templates(self) -> dict[str, list[str]]:
        """The templates of headers, by the names of the headers."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.program.texts):
            name, _, ending = path.rpartition("/")[2].rpartition(".")
            if ending in {"in", "cmake", "cmakein"}:
                found.setdefault(name, []).append(path)
        return found

    def _includes(self, file: int) -> list[int]:
        """Return the files that a file includes itself."""
        found = self._included.get(file)
        if found is None:
            known = self.program.heads[file] is not None
            imports = self.program.outline(file).imports if known else ()
            found = [
                target
                for imported in imports
                for target in self.modules(file, imported.module) or self._template_includes(imported.module)
            ]
            self._included[file] = found
        return found

    def _reach(self, file: int) -> frozenset[int]:
        """Return a file and all that it includes, by steps."""
        found = self._reached.get(file)
        if found is None:
            found = self._reached[file] = _close(file, self._includes)
        return found

    @cached_property
    def _includers(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for file in self._files:
            for target in self._includes(file):
                found.setdefault(target, []).append(file)
        return found

    def _context(self, file: int) -> frozenset[int]:
        """Return the files that a file is pasted into, by steps, with all that these include."""
        found = self._around.get(file)
        if found is None:
            into = _close(file, lambda at: self._includers.get(at, ())) - {file}
            found = self._around[file] = frozenset().union(*map(self._reach, into))
        return found

    def can_see(self, file: int, target: int) -> bool:
        """Tell whether a file may use another one: sources use no tests, which may define macros and include them.

        In C++, only where they have a file of the repository in common: a library that is also kept as one file has
        each of its names twice.
        """
        if target in self._tests and file not in self._tests:
            return False
        head = self.program.heads[file]
        if head is None or head.language != "cpp":
            return True
        own = self._own(file)
        return target in own or not own.isdisjoint(self._reach(target))

    @cached_property
    def _tests(self) -> frozenset[int]:
        return find_tests(self.program.paths, self._files)

    def _own(self, file: int) -> frozenset[int]:
        """Return all files whose declarations a file may see, also those that stand before where it is included."""
        found = self._seen.get(file)
        if found is None:
            found = self._seen[file] = self._reach(file) | self._context(file)
        return found

    def _find_include(self, file: int, target: int) -> int:
        """Return the line where a file includes another one first."""
        rows = [i.row for i in self.program.of(file).imports if target in self.modules(file, i.module)]
        return min(rows, default=LAST)

    def _sees(self, one: int, other: int) -> bool:
        return one in self._reach(other) or other in self._reach(one)


def _close(start: int, step: Callable[[int], Iterable[int]]) -> frozenset[int]:
    """Return a file with all that steps from it lead to."""
    seen = {start}
    waiting = [start]
    while waiting:
        for target in step(waiting.pop()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)
