"""Writes a made-up repository of any size, always the same one for the same numbers: Python, JavaScript and Go.

    python -m benchmarks.made_up FOLDER FILES COMMITS

Files import and call one another, mostly within their module; words are as unevenly frequent as in real code. Each area
comes in one commit, then COMMITS commits add functions to one to five files of a module and say so in their messages.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, product
from pathlib import Path

FILES_OF_MODULE = 20
MODULES_OF_AREA = 10
PEOPLE = 40
BEGIN = 1_600_000_000
VERBS = (
    "add apply build check close count drain emit fetch find flush join load merge open parse pick read send".split()
)
SYLLABLES = "ba ce di fo gu ka le mi no pu ras tel vin mor zan sil dra fen gol hex".split()
NOUNS = ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]
random.Random(0).shuffle(NOUNS)
FREQUENCY = list(accumulate(1 / (rank + 3) for rank in range(len(NOUNS))))


def lower(name: str) -> str:
    """Return a name of words with underscores as it is."""
    return name


def camel(name: str) -> str:
    """Return such a name as ReadAllNames."""
    return "".join(part.title() for part in name.split("_"))


def lower_camel(name: str) -> str:
    """Return such a name as readAllNames."""
    return name[0] + camel(name)[1:]


@dataclass(frozen=True)
class Tongue:
    """How a made-up file is written: its parts as %-templates, and how a name of a function is spelled."""

    ending: str
    spelled: Callable[[str], str]
    imported: str
    head: str
    function: str


PYTHON = Tongue(
    "py",
    lower,
    "from %(dotted)s import %(names)s\n",
    '''
LIMIT = %(number)d


class %(type)s:
    """%(said)s"""

    def __init__(self, %(first)ss):
        self.%(second)s = [%(first)s.%(second)s for %(first)s in %(first)ss]
''',
    '''

def %(name)s(%(first)s, %(second)s=None):
    """%(said)s"""
    found = []
    for item in %(first)s:
        if item.%(third)s is not None and len(found) < LIMIT:
            found.append(%(called)s(item, %(second)s))
    # %(more)s
    return %(sibling)s(found) if %(second)s else found
''',
)
JAVASCRIPT = Tongue(
    "js",
    lower_camel,
    "import { %(names)s } from '../../%(path)s';\n",
    """
/** %(said)s */
export class %(type)s {
  constructor(%(first)ss) {
    this.%(second)s = %(first)ss.map((%(first)s) => %(first)s.%(second)s);
  }
}
""",
    """
/** %(said)s */
export function %(name)s(%(first)s, %(second)s) {
  const found = [];
  for (const item of %(first)s) {
    if (item.%(third)s) {
      found.push(%(called)s(item, %(second)s));
    }
  }
  // %(more)s
  return %(second)s ? %(sibling)s(found) : found;
}
""",
)
GO = Tongue(
    "go",
    camel,
    'import "made.up/%(folder)s"\n',
    """
// %(type)s: %(said)s
type %(type)s struct {
	%(first)s []int
	%(second)s map[string]int
}
""",
    """
// %(name)s: %(said)s
func %(name)s(%(first)s []int, %(second)s bool) []int {
	%(third)s := []int{}
	for _, item := range %(first)s {
		if item > 0 {
			// %(more)s
			%(third)s = append(%(third)s, %(package)s%(called)s(item, %(second)s)...)
		}
	}
	if %(second)s {
		return %(sibling)s(%(third)s, false)
	}
	return %(third)s
}
""",
)
TONGUES = (PYTHON, JAVASCRIPT, PYTHON, GO)


def noun(rng: random.Random) -> str:
    """Draw a noun: few are frequent."""
    return rng.choices(NOUNS, cum_weights=FREQUENCY)[0]


def sentence(rng: random.Random) -> str:
    """Draw a sentence."""
    return f"{rng.choice(VERBS).title()} the {noun(rng)} of each {noun(rng)} before its {noun(rng)} is known."


def area_of(number: int) -> str:
    """Return the folder of an area."""
    return f"{noun(random.Random(f'area {number}'))}_{number}"


@dataclass(frozen=True)
class Source:
    """One made-up file, which follows from its number alone; all files of an area are in one language."""

    number: int

    @property
    def module(self) -> int:
        """The number of its module."""
        return self.number // FILES_OF_MODULE

    @property
    def tongue(self) -> Tongue:
        """Its language."""
        return TONGUES[self.module // MODULES_OF_AREA % len(TONGUES)]

    @cached_property
    def folder(self) -> str:
        """The folder of its module."""
        return f"{area_of(self.module // MODULES_OF_AREA)}/{noun(random.Random(f'module {self.module}'))}_{self.module}"

    @cached_property
    def stem(self) -> str:
        """Its name without the ending."""
        return f"{noun(random.Random(f'file {self.number}'))}_{self.number}"

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"{self.folder}/{self.stem}.{self.tongue.ending}"

    @cached_property
    def functions(self) -> list[str]:
        """The names that other files may call."""
        rng = random.Random(self.number)
        return [f"{rng.choice(VERBS)}_{noun(rng)}_{noun(rng)}" for _ in range(rng.randint(3, 7))]

    def used(self, files: int) -> list[Source]:
        """Return the files that it imports: two of its own module, one of the same language from anywhere before."""
        rng = random.Random(f"imports {self.number}")
        cycle = FILES_OF_MODULE * MODULES_OF_AREA * len(TONGUES)
        far = self.number % cycle + cycle * rng.randrange(self.number // cycle + 1)
        near = [self.module * FILES_OF_MODULE + rng.randrange(FILES_OF_MODULE) for _ in range(2)]
        return [Source(n) for n in dict.fromkeys([*near, far]) if n != self.number and n < files]

    def text(self, files: int, revision: int = 0) -> str:
        """Return the content; each revision adds a function."""
        used = self.used(files) or [self]
        return "".join([*self._imports(used), self._head(), *self._bodies(used, revision)])

    def _imports(self, used: Sequence[Source]) -> Iterator[str]:
        for other in used:
            dotted = f"{other.folder}/{other.stem}".replace("/", ".")
            names = ", ".join(map(self.tongue.spelled, other.functions[:2]))
            yield self.tongue.imported % {
                "dotted": dotted,
                "path": other.path,
                "folder": other.folder,
                "names": names,
            }

    def _head(self) -> str:
        rng = random.Random(f"head {self.number}")
        words = {"first": noun(rng), "second": noun(rng), "said": sentence(rng), "number": rng.randrange(1000)}
        return self.tongue.head % {"type": camel(self.stem), **words}

    def _bodies(self, used: Sequence[Source], revision: int) -> Iterator[str]:
        spelled = self.tongue.spelled
        added = [f"{VERBS[n % len(VERBS)]}_{self.stem}_again_{n}" for n in range(revision)]
        for name in [*self.functions, *added]:
            rng = random.Random(f"{self.number} {name}")
            other = rng.choice(used)
            words = {"first": noun(rng), "second": noun(rng), "third": noun(rng), "said": sentence(rng)}
            called, sibling = spelled(rng.choice(other.functions[:2])), spelled(rng.choice(self.functions))
            package = "" if other.folder == self.folder else f"{other.folder.rpartition('/')[2]}."
            names = {"name": spelled(name), "called": called, "sibling": sibling, "package": package}
            yield self.tongue.function % {**words, **names, "more": sentence(rng)}


# History


def write(folder: Path, files: int, commits: int) -> None:
    """Make the repository, with its work tree checked out."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    importing = ["git", "-C", str(folder), "fast-import", "--quiet"]
    with subprocess.Popen(importing, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for number, (message, sources) in enumerate(_changes(files, commits)):
            process.stdin.write(_commit(number, message, sources, files))
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, importing)
    subprocess.run(["git", "-C", str(folder), "reset", "-q", "--hard"], check=True)


Change = tuple[str, list[tuple[Source, int]]]
"""A message, and the files of a commit with their revisions."""


def _changes(files: int, commits: int) -> Iterator[Change]:
    size = FILES_OF_MODULE * MODULES_OF_AREA
    for first in range(0, files, size):
        yield f"Begin {area_of(first // size)}", [(Source(n), 0) for n in range(first, min(first + size, files))]
    revisions: dict[int, int] = {}
    rng = random.Random(0)
    modules = range(-(-files // FILES_OF_MODULE))
    busy = list(accumulate(1 / (rank + 10) for rank in modules))
    for _ in range(commits):
        first = rng.choices(modules, cum_weights=busy)[0] * FILES_OF_MODULE
        there = range(first, min(first + FILES_OF_MODULE, files))
        touched = [Source(n) for n in rng.sample(there, min(rng.randint(1, 5), len(there)))]
        for source in touched:
            revisions[source.number] = revisions.get(source.number, 0) + 1
        name = rng.choice(touched[0].functions)
        verb, *about = name.split("_")
        head = f"{verb.title()} {' '.join(about)} in {touched[0].stem}"
        message = f"{head}\n\n{sentence(rng)} {sentence(rng)}\nSee {touched[0].tongue.spelled(name)}."
        yield message, [(source, revisions[source.number]) for source in touched]


def _commit(number: int, message: str, sources: Iterable[tuple[Source, int]], files: int) -> bytes:
    person = number * 7 % PEOPLE
    head = f"commit refs/heads/main\ncommitter Person {person} <{person}@made.up> {BEGIN + number * 3600} +0000\n"
    parts = [head, _data(message)]
    parts += [f"M 100644 inline {source.path}\n{_data(source.text(files, revision))}" for source, revision in sources]
    return "".join(parts).encode()


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
