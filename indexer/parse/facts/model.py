"""What one blob says about its names, before any other file is known. Values only: no parser, no paths.

Facts are plain tuples, lists and dictionaries of strings and numbers, so that `marshal` packs and reads them at the
speed of C. A front end  fills them through a `Builder`; the engine reads them.

Expressions say how a value came about, not what it is:

| form | is |
|---|---|
| `None` | nothing known |
| `"x"` | the name `x` where it stands |
| `("a", e, "x")` | member `x` of `e` |
| `("c", e)`, `("c", e, (arguments))` | a call |
| `("n", t)`, `("n", t, (arguments))` | a new object of type `t`; `("=", "x", e)` sets its field `x` |
| `("i", e, (arguments))` | `e[...]`: an element, or a generic type with its arguments |
| `("i", e, (), k)` | `e[k]`, where the position is written as a number |
| `("[]", e, "x")` | `e["x"]`, a member where the type of `e` lists such keys (Python) |
| `("L", e)` | `e`, of which a member is called with a block (Kotlin) |
| `("D", e)` | `e`, where its type lists its keys |
| `("y", e)` | what awaiting `e` gives |
| `("e", e)` | what iterating over `e` gives; `("ek", e)` its keys or positions |
| `("w", e)` | what entering the context `e` gives |
| `("t", e, k)` | item `k` of a tuple |
| `("o", e, ...)` | one of these |
| `("?", e, f)` | one of two, of which it is not known which |
| `("??", e, f)` | `e` where something is known of it, else `f` |
| `("l", "name", (items))` | a literal of a type of the language itself |
| `("l", "name", (e), (items))` | the same, where the items are of several types |
| `("T", (items))` | a tuple |
| `("s",)`, `("S",)`, `("C",)` | this object; the same as its base class; its class |
| `("d", function)` | a function written in place |
| `("k", class)` | a class or shape written in place |
| `("F", e)` | what calling `e` makes, of which only the fields are meant that its class declares |
| `("I", t)` | an object of type `t`, which stands where a value is expected; `("V", e)` the reverse: the type of `e` |
| `("p", e, k)` | what parameter `k` of a function is declared to be; `("p1", e, k)`: where all overloads say the same |
| `("p", e, k, "x")` | the same, of those overloads that may take the text `x` first |
| `("q", e, k)` | what a function that is given where `e` is expected gets as parameter `k` |
| `("x", e)` | an element of a container, or what a pointer points to |
| `("->", e)` | what a pointer points to, also one that is an object of the library (C++) |
| `("r", e)` | the object that a function written where `e` is expected is called on |
| `("r", e, f)` | as a receiver: the same where it has the member, else `f`; where that is None, the name stands alone |
| `("A", function)` | a type with type parameters, which the function has; it "returns" the type |
| `("M", (words), replaces)` | a macro, the words that it puts where it is used, and whether it replaces others |
| `("~", e, "x", (texts), keep)` | a value of which member `x` is one of these texts, or none of them |
| `("=", text)` | a type that has one value: a text, true or false |
| `("cut", e, (names), keep)` | a type with only these members of another, or with all but these, or those of a type |
| `("P", t)`, `("G", e)` | what a function returns that tells whether a value is a `t`; that type, of a function |
| `("sift", e, f, keep)` | those types of a union that are one of another, or all but these |
| `("up", e)` | the same outside of the class around |
"""

from __future__ import annotations

import marshal
import re
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

VERSION = 1
Expr = Any
"""An expression as the table above lists them: strings and nested tuples."""

VALUE, CLASS, FUNCTION, IMPORT, PARAMETER, SELF, OUTER = range(7)
"""What a binding binds its name to; OUTER says that the name belongs to a scope further out."""

# Flags of functions.
(
    IS_PROPERTY,
    IS_STATIC,
    IS_CLASS_METHOD,
    IS_ASYNC,
    IS_CONTEXT,
    IS_GENERATOR,
    IS_CONSTRUCTOR,
    IS_PRIVATE,
    IS_DECLARATION,
) = (1 << n for n in range(9))

AUGMENTS = "&"
"""The package of a file of TypeScript that adds to interfaces of other modules; marks these among its imports."""
TAGGED = "//go:build"
"""Bound at the top of a file of Go that is built only where a tag of the repository is asked for."""
BARE = 0
"""Stands in a use where a receiver would: the name stands alone."""
MACRO = "macro "
"""What the names of macros begin with where a language keeps them apart from others."""
MODULE = "module "
"""What the full names of modules begin with where these are no values of a scope; parts are told by backslashes."""
ELEMENTS = "<jsx>"
"""What elements with a small letter are members of, where the repository says itself which there are (JSX)."""
RECEIVER = "<this>"
"""What a function binds that extends a type, where type parameters of its own stand in that type."""
TELLING = frozenset(
    "type kind tag _tag __typename variant name role event action op mode status state method ok success".split()
)
"""Members that the types of a union are mostly told apart by, each with constants of its own."""
CONSTRUCTOR = "<new>"
"""What constructors are bound as, where they are named like their type."""


class Binding(NamedTuple):
    """One way in which a scope gives a name its meaning.

    `value` and `type` are expressions; of a CLASS, FUNCTION or SELF, `value` is a position in the facts; of an IMPORT,
    `value` is the module and `type` the name taken from it (None for the module itself); `type` of a FUNCTION is the
    expression of what its decorator makes of it, or None. The binding stands in line
    `row` and reaches to line `end` of its block; one that is `scoped` is not seen outside of these lines.
    `definition` is the position among the blob's definitions, or -1.
    """

    tag: int
    value: Expr
    type: Expr
    row: int
    end: int
    definition: int
    scoped: bool


def is_local(binding: Binding) -> bool:
    """Tell whether a name that only this binds is of no interest outside of its scope."""
    return binding.definition < 0 and not binding.scoped and binding.tag in {VALUE, PARAMETER, SELF}


class Scope(NamedTuple):
    """A region with names of its own; `class_` and `function` are positions in the facts, or -1."""

    parent: int
    class_: int
    function: int
    names: dict[str, list[Binding]]


class Class(NamedTuple):
    """A type: its scope, its bases as expressions, fields set on its objects, and where it is defined.

    A field is (scope, value, type, row, definition). Objects of the kind "record" are taken apart by position, into
    what stands first in the scope.
    """

    name: str
    definition: int
    scope: int
    bases: Sequence[Expr]
    fields: dict[str, list[tuple[int, Expr, Expr, int, int]]]
    kind: str
    parameters: Sequence[str]


class Function(NamedTuple):
    """A function: the class it belongs to, its own scope, its declared type, and what it returns and yields."""

    name: str
    definition: int
    scope: int
    class_: int
    returns: Expr
    values: Sequence[Expr]
    flags: int
    parameters: Sequence[str]
    generic: Sequence[str] = ()


class ImportedName(NamedTuple):
    """One import: the module as it is spelled, the name taken from it ("" the module, "*" all), and its line."""

    module: str
    name: str
    row: int
    exported: str


class Facts(NamedTuple):
    """All that the resolver keeps of one blob.

    `uses` maps (scope, receiver, name) to ascending lines, where the receiver is an expression or `BARE`; local names
    are left out. `package` is what the file says it belongs to. `exports` are the public names where a file lists them,
    else None. `members` are functions and values that belong to a type which is named but not written around them:
    (type, name, binding).
    """

    language: str
    package: str
    scopes: list[Scope]
    classes: list[Class]
    functions: list[Function]
    imports: list[ImportedName]
    uses: dict[tuple[int, Expr, str], list[int]]
    exports: list[str] | None
    members: list[tuple[Expr, str, Binding]]


class FileOutline(NamedTuple):
    """What a language asks of all files of a snapshot at once; `macros` are (scope, name, bindings)."""

    imports: list[ImportedName]
    members: list[tuple[Expr, str, Binding]]
    macros: list[tuple[int, str, list[Binding]]]


class Head(NamedTuple):
    """What all files of a snapshot are asked first: the language of a file, and what it says it belongs to."""

    language: str
    package: str


def outline(facts: Facts) -> FileOutline:
    """Return the outline of a file."""
    macros = [
        (at, name, bindings)
        for at, scope in enumerate(facts.scopes)
        for name, bindings in scope.names.items()
        if name.startswith(MACRO)
    ]
    return FileOutline(facts.imports, facts.members, macros)


def pack_outline(outlined: FileOutline) -> bytes:
    """Return an outline as bytes for `unpack_outline`."""
    return marshal.dumps(
        (
            [tuple(i) for i in outlined.imports],
            [(t, n, tuple(b)) for t, n, b in outlined.members],
            [(at, n, [tuple(b) for b in bs]) for at, n, bs in outlined.macros],
        )
    )


def unpack_outline(packed: bytes) -> FileOutline:
    """Read an outline that `pack_outline` wrote."""
    imports, members, macros = marshal.loads(packed)
    binding = Binding._make
    return FileOutline(
        [ImportedName._make(i) for i in imports],
        [(t, n, binding(b)) for t, n, b in members],
        [(at, n, list(map(binding, bs))) for at, n, bs in macros],
    )


def is_implied(receiver: Expr) -> bool:
    """Tell whether a name stands alone where a receiver may be meant that is not written."""
    return isinstance(receiver, tuple) and receiver[0] == "r" and len(receiver) > 2


def own_names(facts: Facts, class_: Class) -> set[str]:
    """Return the names that a class has of itself: its fields, and what its scope binds."""
    return {*class_.fields, *(facts.scopes[class_.scope].names if class_.scope > 0 else ())}


def bare_name(name: str) -> str:
    """Return a name as it is defined: without the marks and namespaces that it is bound with."""
    if name[-2:] in {"()", "::"}:
        name = name[:-2]
    if " " in name:
        name = name.rpartition(" ")[2]
    if "\\" in name:
        name = name.rpartition("\\")[2]
    return name.lstrip("$")


SETTING = "setting"
"""The package of a text that imports depend on; its facts are the text itself."""
_SETTING = re.compile(
    r"(?:^|/)(?:go\.mod|package\.json|[tj]sconfig[\w.-]*\.json|Cargo\.toml|composer\.json|[\w.-]+\.h\.(?:in|cmake|cmakein))$"
)


def is_setting(path: str) -> bool:
    """Tell whether what imports mean depends on the text of a file."""
    return _SETTING.search(path) is not None


def pack_text(text: str) -> bytes:
    """Return a text that imports depend on, as bytes for `unpack_text`."""
    return zlib.compress(text.encode(), 1)


def unpack_text(packed: bytes) -> str:
    """Read a text that `pack_text` wrote."""
    return zlib.decompress(packed).decode()
