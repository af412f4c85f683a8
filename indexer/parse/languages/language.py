"""What one programming language is to the index, as a value. No registry, no parser, no files."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node


SLASH_COMMENT = r"/[^\n]*|\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)"
"""What follows the first slash of a `//` or `/*` comment."""

LINE_STRING = r'[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
"""What follows the quote of a string that ends with its line at the latest."""

TEXT_STRING = r'""[^"]*(?:"(?!"")[^"]*)*(?:"""+|\Z)|' + LINE_STRING
"""The same, or a text between three quotes."""

CHARACTER = r"(?:\\[^\n]{1,10}?|[^'\\\n]{1,4})'"
"""What follows the quote of a single character."""


class Named(NamedTuple):
    """A name that a node defines: the node that spells it, its kind, and who owns it when that is written elsewhere.

    `owner` is the receiver of a Go method or the class before `::` in C++; empty when nesting says it. `at` is the
    node to show for it when that is not the node which was asked. What is `inside` belongs to what that node defines
    first.
    """

    name: Node
    kind: str
    owner: str = ""
    at: Node | None = None
    inside: bool = False


def name_fields(parameters: Node | None, declares: Callable[[Node], bool] = lambda _: True) -> Iterator[Named]:
    """Name the fields of a type that parameters declare."""
    for parameter in parameters.named_children if parameters is not None else ():
        name = parameter.child_by_field_name("name")
        if name is not None and declares(parameter):
            yield Named(name, "field", at=parameter, inside=True)


class ImportStatement(NamedTuple):
    """One import as an import statement spells it."""

    module: str
    names: tuple[str, ...] = ()


Namer = Callable[["Node"], Iterable[Named]]


def no_imports(_text: str) -> list[ImportStatement]:
    """Answer that a statement imports nothing."""
    return []


def no_candidates(_module: str, _names: tuple[str, ...], _importer: str) -> tuple[str, ...]:
    """Answer that an import names no file of the repository."""
    return ()


def no_doc(_body: Node) -> str:
    """Answer that a body holds no documentation."""
    return ""


Candidates = Callable[[str, tuple[str, ...], str], tuple[str, ...]]
Modules = Mapping[str, str]
"""What folders of a repository are called in imports, by their paths; the empty path is the top."""


def _inside(candidates: Candidates) -> Candidates:
    """Leave out what climbs: whatever an import spells, no path of a repository holds `..`."""

    @wraps(candidates)
    def climbing_nowhere(module: str, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
        found = candidates(module, names, importer)
        return tuple(c for c in found if ".." not in c or ".." not in c.split("/"))

    return climbing_nowhere


@dataclass(frozen=True, eq=False)
class Language:
    """One language: how its files are known, what its nodes define, how its words are told from its noise.

    `grammar_module` is the Python package of its tree-sitter grammar, where `grammar_function` gives the grammar.

    Files: `extensions` with their dot, whole `filenames`, and `shebangs` (names of interpreters).

    Definitions are found in a walk from the root that goes only into nodes of `bodies` and into definitions.
    `definitions` maps a node type to the kind of what its `name` field defines, or to a function that says what it
    defines; `globals` does the same for nodes that count only outside of every definition. A variable inside of a
    function is local and no definition; inside of a type it is a field; spelled in capitals it is a constant.
    `wrappers` lend their first line to the definition inside (decorators, `export`, `template`); `prefixes` are
    siblings that do the same for the definition after them (attributes). `scopes` are no definitions but own what is
    inside (`impl`, a closure): the function gives the owner's name, which may be empty, and the kind that it counts as.
    `doc` reads documentation at the head of a definition's body; where it finds none, the comment right above is its
    documentation: `/* */`, or lines that start with one of `comment_marks`.

    `landmarks` is what the first word is on a line where a definition or an import begins. A function is entered only
    when it has such a line, which spares the walk most statements; empty where definitions begin anywhere.

    References are the words of the source outside of noise (comments, strings) that are no `keywords`. A word is made
    of letters, digits, `_` and `letters`, and may end with `word_tail`. `noise` holds (opening, rest) pairs: a set of
    first characters as a regular expression class spells it, and the expression of what follows (no groups; linear in
    time). In noise that begins with one of `interpolating`, code is what the groups of `interpolation` match.

    Imports are nodes of `import_nodes`, found in the same walk; `imports` reads one statement's text, and
    `candidates(module, names, importer_path)` says which path endings it may mean, most likely first; one that begins
    with `/` is a whole path. Where files called `manifest` say what the repository's own folders are called, `within`
    says what an import means there.

    `repair` makes a source that the parser could not read easier to read; it keeps the place of every byte.
    `misread` finds what the parser takes for something else without an error: such a source is repaired, too.
    `parts` gives the children of a node that count, where a text says itself that others do not.
    """

    name: str
    extensions: tuple[str, ...]
    grammar_module: str
    definitions: Mapping[str, str | Namer]
    bodies: frozenset[str]
    noise: tuple[tuple[str, str], ...]
    keywords: frozenset[str]
    filenames: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    globals: Mapping[str, Namer] = field(default_factory=dict)
    wrappers: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    scopes: Mapping[str, Callable[[Node], tuple[str, str]]] = field(default_factory=dict)
    letters: str = ""
    word_tail: str = ""
    interpolating: str = ""
    interpolation: str = ""
    landmarks: str = ""
    comment_marks: tuple[bytes, ...] = (b"//",)
    doc: Callable[[Node], str] = no_doc
    import_nodes: frozenset[str] = frozenset()
    imports: Callable[[str], Iterable[ImportStatement]] = no_imports
    candidates: Candidates = no_candidates
    manifest: str = ""
    within: Callable[[Modules], Candidates] | None = None
    repair: Callable[[bytes], bytes] | None = None
    misread: re.Pattern[bytes] | None = None
    parts: Callable[[Node], Sequence[Node]] | None = None
    grammar_function: str = "language"

    def bind_modules(self, modules: Modules) -> Candidates:
        """Return what imports may mean where some folders have names of their own."""
        return _inside(self.within(modules)) if modules and self.within is not None else self.candidates

    def grammar(self) -> Grammar:
        """Import the grammar; a process imports those of the files that it parses."""
        import tree_sitter

        give = getattr(importlib.import_module(self.grammar_module), self.grammar_function)
        return tree_sitter.Language(give())

    @cached_property
    def _word_rest(self) -> str:
        return r"[0-9A-Za-z_\x80-\xff" + self.letters + r"]+" + self.word_tail

    def __post_init__(self) -> None:
        object.__setattr__(self, "candidates", _inside(self.candidates))

    @cached_property
    def tokens(self) -> re.Pattern[str]:
        """Match a number or word of two letters or more, a line end or a stretch of noise.

        It begins with one class of characters for all of them, since `re` then leaps over everything else; which one
        that was is told by looking back. This is three times as fast as the plain alternation.
        """
        openings = "".join(opening for opening, _ in self.noise)
        marks = re.sub(r"[A-Za-z]", "", openings)
        first = r"[A-Za-z_0-9\x80-\xff\n" + self.letters + marks + r"]"
        noise = "".join(r"|(?<=[" + opening + r"])(?:" + rest + r")" for opening, rest in self.noise)
        word = r"(?<![\n" + marks + r"])" + self._word_rest
        return re.compile(first + r"(?:" + word + r"|(?<=\n)" + noise + r")", re.DOTALL | re.ASCII)

    @cached_property
    def noise_marks(self) -> frozenset[str]:
        """Return the characters that a number or noise begins with, but no word."""
        return frozenset("0123456789" + "".join(opening for opening, _ in self.noise if not opening.isalpha()))

    @cached_property
    def words(self) -> re.Pattern[str]:
        """Match a word of two letters or more."""
        return re.compile(r"[A-Za-z_\x80-\xff" + self.letters + r"]" + self._word_rest)

    @cached_property
    def interpolations(self) -> re.Pattern[str] | None:
        """Match code inside a string, if the language has such."""
        return re.compile(self.interpolation, re.DOTALL | re.ASCII) if self.interpolation else None

    @cached_property
    def landmark(self) -> re.Pattern[bytes] | None:
        """Match the start of a line where a definition or an import may begin."""
        return re.compile(rb"\n[ \t]*+(" + self.landmarks.encode() + rb")\b") if self.landmarks else None


_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,60}>")


def summary_line(text: str) -> str:
    """Return the first line of a comment or docstring that says something, without its marks."""
    for line in text.splitlines():
        said = _TAG.sub("", line).strip("/*#!<>\"'`-= \t\r")
        if said[:1].isalnum() or any(map(str.isalnum, said)):
            return said[:200]
    return ""


def first_child(node: Node | None) -> Node | None:
    """Return the first named child, if there is any."""
    return node.named_children[0] if node is not None and node.named_child_count else None


def word_set(names: str) -> frozenset[str]:
    """Return the names that a text lists, apart by blanks."""
    return frozenset(names.split())


def spelling(node: Node | None) -> str:
    """Return the text of a node; empty when there is none."""
    return "" if node is None else (node.text or b"").decode("utf-8", "replace")


def with_body(kind: str) -> Namer:
    """Make a namer for a thing that may be declared in many places and counts where its body is written."""

    def namer(node: Node) -> list[Named]:
        name = node.child_by_field_name("name")
        while name is not None and name.type in {"template_type", "qualified_identifier"}:  # as C++ specialises
            name = name.child_by_field_name("name")
        return [Named(name, kind)] if name is not None and node.child_by_field_name("body") is not None else []

    return namer


def field_definitions(node: Node, field_name: str, kind: str) -> list[Named]:
    """Return a definition for each child in a field."""
    return [Named(name, kind) for name in node.children_by_field_name(field_name) if name.is_named]


def resolve_relative(importer: str, relative: str) -> str | None:
    """Return the path that a relative one means in the folder of the importer; None when it leaves the repository."""
    parts = importer.split("/")[:-1]
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
