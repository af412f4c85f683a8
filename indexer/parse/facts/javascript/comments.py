"""Types that comments of JavaScript tell: `@param {Type} name`, `@returns {Type}`, `@type {Type}`, `@typedef {Type} X`.

A checker believes them in JavaScript alone; in TypeScript what is written in the code decides.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from noctule.indexer.parse.facts.model import IMPORT, Binding, Expr
from noctule.indexer.parse.facts.walk import TreeWalk

_COMMENT = re.compile(r"/\*\*(?P<said>[^*]*+(?:\*(?!/)[^*]*+)*+)\*/\s*+")
_TAG = re.compile(r"@(param|arg|argument|returns?|type|typedef)\s*\{")
_NAME = re.compile(r"[\s*]*\[?\s*([\w$.]+)")
_TOKEN = re.compile(
    r"\s*(?:(?P<import>import\(\s*['\"](?P<module>[^'\"]+)['\"]\s*\))|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\"|\d+)|(?P<sign>\.\.\.|\[\]|[<>|&,.?!*=():{}\[\]]))"
)
_PLAIN = frozenset(
    "any unknown never void null undefined object Object Function function string String number Number boolean Boolean "
    "bigint symbol true false this Symbol".split()
)
"""Types that say nothing of who declares a member."""


class TypeNote(NamedTuple):
    """What the comment above a line tells of what begins there, as texts of types."""

    parameters: list[tuple[str, str]]
    returns: str
    type: str


class JavaScriptComments(TreeWalk):
    """The part of the walk that reads types in comments."""

    notes: dict[int, TypeNote]
    """By the line that comes after the comment."""
    aliases: list[tuple[str, str, int]]
    """What `@typedef` names, its text and line."""

    def read_comments(self) -> None:
        """Find what comments tell."""
        self.notes, self.aliases = {}, []
        if self.b.language != "javascript" or not _TAG.search(source := self.b.source.decode("utf-8", "replace")):
            return
        row = until = 0
        for match in _COMMENT.finditer(source):
            row += source.count("\n", until, match.end())
            until = match.end()
            if _TAG.search(match["said"]):
                self._read_comment(match["said"], row)

    def _read_comment(self, said: str, row: int) -> None:
        note = TypeNote([], "", "")
        for tag in _TAG.finditer(said):
            end = _find_brace(said, tag.end())
            text = said[tag.end() : end]
            named = _NAME.match(said, end + 1)
            name = named[1] if named is not None else ""
            if tag[1] == "typedef":
                self.aliases.append((name, text, row))
            elif tag[1] == "type":
                note = note._replace(type=text)
            elif tag[1].startswith("return"):
                note = note._replace(returns=text)
            elif "." not in name:
                note.parameters.append((name, text))
        if note != TypeNote([], "", ""):
            self.notes[row] = note

    def take_parameters(self, row: int) -> TypeNote | None:
        """Return what the comment above tells of a function that begins in a line, once."""
        note = self.notes.get(row)
        if note is None or note.type:
            return None
        return self.notes.pop(row)

    def take_type(self, row: int) -> Expr:
        """Return the type that the comment above tells of a variable or field in a line, once."""
        note = self.notes.get(row)
        if note is None or not note.type:
            return None
        del self.notes[row]
        return self.read_type(note.type)

    def read_type(self, text: str) -> Expr:
        """Return a type that a comment writes; nothing of what is not understood."""
        reader = _TypeReader(text)
        found = reader.read()
        for key, module, name in reader.imports:
            if key not in self.b.scopes[0].names:
                bound = Binding(IMPORT, module, name, 0, self.b.end, -1, False)
                self.b.scopes[0].names[key] = [bound]
        return found

    def bind_aliases(self) -> None:
        """Bind what comments name at the top of a file, where nothing else has the name."""
        for name, text, row in self.aliases:
            found = self.read_type(text) if name.isidentifier() and name not in self.b.scopes[0].names else None
            if found is not None and found != name:
                self.b.bind(name, found, None, row, scope=0)


class _NotUnderstood(Exception):
    """A type is written in a way that is not read."""


class _TypeReader:
    """Reads one type from left to right."""

    def __init__(self, text: str) -> None:
        self.imports: list[tuple[str, str, str | None]] = []
        self._tokens: list[re.Match[str]] = []
        at = 0
        text = text.replace("*", " ").strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                break
            self._tokens.append(match)
            at = match.end()
        self._is_whole = at >= len(text)
        self._at = 0

    def read(self) -> Expr:
        """Return the type; None where it is not understood."""
        try:
            found = self._read_union() if self._is_whole else None
        except _NotUnderstood:
            return None
        return found if self._at == len(self._tokens) else None

    def _sign(self) -> str:
        return self._tokens[self._at]["sign"] or "" if self._at < len(self._tokens) else ""

    def _skip(self, *signs: str) -> bool:
        if self._sign() not in signs or not self._sign():
            return False
        self._at += 1
        return True

    def _read_union(self) -> Expr:
        known: list[Expr] = []
        while True:
            found = self._read_one()
            if found is not None and found not in known:
                known.append(found)
            if not self._skip("|", "&"):
                break
        return None if not known else known[0] if len(known) == 1 else ("o", *known)

    def _read_one(self) -> Expr:
        while self._skip("?", "!", "..."):
            pass
        if self._skip("("):
            found = self._read_union()
            if not self._skip(")"):
                raise _NotUnderstood
        else:
            found = self._read_name()
        while True:
            if self._skip("[]"):
                found = ("i", "Array", (found,))
            elif not self._skip("?", "!", "="):
                return found

    def _read_name(self) -> Expr:
        if self._at >= len(self._tokens):
            raise _NotUnderstood
        token = self._tokens[self._at]
        self._at += 1
        found: Expr
        if token["import"]:
            name = None  # what the module is set to
            if self._skip("."):
                name = self._tokens[self._at]["name"] if self._at < len(self._tokens) else ""
                if not name:
                    raise _NotUnderstood
                self._at += 1
            found = f"import {token['module']} {name or ''}"
            self.imports.append((found, token["module"], name))
        elif token["name"]:
            if token["name"] in {"typeof", "keyof", "function", "new", "asserts"}:
                raise _NotUnderstood
            found = None if token["name"] in _PLAIN else token["name"]
        elif token["text"]:
            return None
        else:
            raise _NotUnderstood
        while self._skip("."):
            if self._sign() == "<":
                break
            if found is None or self._at >= len(self._tokens) or not self._tokens[self._at]["name"]:
                raise _NotUnderstood
            found = ("a", found, self._tokens[self._at]["name"])
            self._at += 1
        return self._read_arguments(found)

    def _read_arguments(self, base: Expr) -> Expr:
        if not self._skip("<"):
            return base
        given = [self._read_union()]
        while self._skip(","):
            given.append(self._read_union())
        if not self._skip(">"):
            raise _NotUnderstood
        return None if base is None else ("i", base, tuple(given))


def _find_brace(text: str, at: int) -> int:
    """Return where the brace ends that was opened before a position."""
    depth = 1
    while at < len(text):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
        at += 1
    return at
