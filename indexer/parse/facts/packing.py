"""Facts as bytes and back, and as plain values that do not say how they are laid out. Reads no tree."""

from __future__ import annotations

import marshal
import zlib
from itertools import repeat
from typing import Any

from noctule.indexer.parse.facts.columns import scopes_of_columns, scopes_to_columns, uses_of_columns, uses_to_columns
from noctule.indexer.parse.facts.model import (
    Binding,
    Class,
    Expr,
    Facts,
    Function,
    ImportedName,
    Scope,
    pack_text,
    unpack_text,
)

Uses = dict[tuple[int, Expr, str], list[int]]


def pack(facts: Facts) -> bytes:
    """Return facts as bytes for `unpack`; the uses lie apart, since only their own file reads them."""
    plain = (
        facts.language,
        facts.package,
        scopes_to_columns(facts.scopes),
        [tuple(c) for c in facts.classes],
        [tuple(f) for f in facts.functions],
        [tuple(i) for i in facts.imports],
        facts.exports,
        [(t, n, tuple(b)) for t, n, b in facts.members],
    )
    return marshal.dumps((_compress(plain), _compress(uses_to_columns(facts.uses))))


def unpack(packed: bytes) -> Facts:
    """Read facts that `pack` wrote, without their uses."""
    language, package, scopes, classes, functions, imports, exports, members = _decompress(marshal.loads(packed)[0])
    make = tuple.__new__
    return Facts(
        language,
        package,
        scopes_of_columns(scopes),
        list(map(make, repeat(Class), classes)),
        list(map(make, repeat(Function), functions)),
        list(map(make, repeat(ImportedName), imports)),
        {},
        exports,
        [(t, n, Binding._make(b)) for t, n, b in members],
    )


def unpack_uses(packed: bytes) -> Uses:
    """Read the uses of facts that `pack` wrote."""
    return uses_of_columns(_decompress(marshal.loads(packed)[1]))


def _compress(plain: tuple[Any, ...]) -> bytes:
    return zlib.compress(marshal.dumps(plain), 4)


def _decompress(packed: bytes) -> Any:  # noqa: ANN401 - any plain value
    return marshal.loads(zlib.decompress(packed))


def to_plain(packed: bytes, *, is_setting: bool) -> object:
    """Return what `pack` wrote (or `pack_text`, of a setting) as tuples, lists, dictionaries, texts and numbers."""
    if is_setting:
        return unpack_text(packed)
    facts = unpack(packed)
    scopes = [
        (s.parent, s.class_, s.function, {n: [tuple(b) for b in bs] for n, bs in s.names.items()}) for s in facts.scopes
    ]
    lists = ([tuple(each) for each in part] for part in (facts.classes, facts.functions, facts.imports))
    members = [(t, n, tuple(b)) for t, n, b in facts.members]
    return (facts.language, facts.package, scopes, *lists, facts.exports, members), unpack_uses(packed)


def from_plain(plain: Any) -> bytes:  # noqa: ANN401 - any plain value
    """Pack what `to_plain` returned. TypeError, ValueError."""
    if isinstance(plain, str):
        return pack_text(plain)
    (language, package, scopes, classes, functions, imports, exports, members), uses = plain
    bindings = [b for _, _, b in members]
    for kind, rows in ((Class, classes), (Function, functions), (ImportedName, imports), (Binding, bindings)):
        if any(len(row) != len(kind._fields) for row in rows):
            raise ValueError(f"no {kind.__name__}")
    # Bindings stay plain tuples: there are hundreds of thousands, and their columns say whether they have all parts.
    made = [Scope(parent, class_, function, names) for parent, class_, function, names in scopes]
    return pack(Facts(language, package, made, classes, functions, imports, uses, exports, members))
