"""JSON as text: where each value stands, what to put in for one more, what to take out for one less. No files.

A text is never written anew from its values: comments, spaces, the order of keys and doubled ones stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from noctule.lsp_server.install.entry import END_MARK, MARK, BrokenConfig, Json, Step, Want

DEEPEST = 200
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SHORT = re.compile(r"-?[0-9]{1,15}")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_MARKS = re.compile(rf"^[ \t]*// (?:{re.escape(MARK)}|{re.escape(END_MARK)})[ \t]*(?:\r?\n|\Z)", re.MULTILINE)


@dataclass(slots=True)
class Node:
    """A value and where it stands; of an object or a list also what it holds, and the comma behind the last, if any."""

    start: int
    end: int
    value: Json
    members: list[Member] = field(default_factory=list)
    comma: int | None = None

    def get(self, key: str) -> Node | None:
        """Return what an object holds under a key: the last, as readers of JSON take it."""
        return next((m.node for m in reversed(self.members) if m.key == key), None)


@dataclass(slots=True)
class Member:
    """A value in an object (with its key) or in a list, and where it begins, the key included."""

    key: str | None
    start: int
    node: Node


class _Parser:
    def __init__(self, text: str, relaxed: bool) -> None:
        self.text = text
        self.relaxed = relaxed

    def broken(self, at: int, why: str) -> BrokenConfig:
        line = self.text.count("\n", 0, at) + 1
        return BrokenConfig(f"line {line}, column {at - self.text.rfind(chr(10), 0, at)}: {why}")

    def skip(self, at: int) -> int:
        """Return where the next token stands."""
        while True:
            found = _SPACE.match(self.text, at)
            at = found.end() if found else at
            comment = _COMMENT.match(self.text, at) if self.relaxed else None
            if comment is None:
                return at
            at = comment.end()

    def document(self) -> Node | None:
        """Return the one value; None where there is none at all."""
        start = self.skip(1 if self.text.startswith("\ufeff") else 0)
        if start == len(self.text):
            return None
        node = self.node(start, 0)
        rest = self.skip(node.end)
        if rest != len(self.text):
            raise self.broken(rest, "there is text after the end")
        return node

    def node(self, at: int, depth: int) -> Node:
        character = self.text[at : at + 1]
        if depth > DEEPEST:
            raise self.broken(at, f"more than {DEEPEST} levels")
        if character == "{":
            return self.collection(at, depth, "}")
        if character == "[":
            return self.collection(at, depth, "]")
        if character == '"':
            text, end = self.string(at)
            return Node(at, end, text)
        number = _NUMBER.match(self.text, at)
        if number:
            digits = number[0]  # others than short whole ones are only ever compared
            return Node(at, number.end(), int(digits) if _SHORT.fullmatch(digits) else f"the number {digits}")
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return Node(at, at + len(word), value)
        raise self.broken(at, "a value is expected")

    def string(self, at: int) -> tuple[str, int]:
        found = _STRING.match(self.text, at)
        if not found:
            raise self.broken(at, "a text in double quotes is expected")
        return str(json.loads(found[0])), found.end()

    def collection(self, start: int, depth: int, closing: str) -> Node:
        members: list[Member] = []
        comma: int | None = None
        at = self.skip(start + 1)
        while not self.text.startswith(closing, at):
            if members and comma is None:
                raise self.broken(at, f"a comma or {closing} is expected")
            member = self.member(at, depth, named=closing == "}")
            members.append(member)
            at = self.skip(member.node.end)
            comma = None
            if self.text.startswith(",", at):
                comma, at = at, self.skip(at + 1)
        if comma is not None and not self.relaxed:
            raise self.broken(comma, f"a comma before {closing}")
        value: Json = [m.node.value for m in members]
        if closing == "}":
            value = {str(m.key): m.node.value for m in members}
        return Node(start, at + 1, value, members, comma)

    def member(self, at: int, depth: int, named: bool) -> Member:
        if not named:
            return Member(None, at, self.node(at, depth + 1))
        key, end = self.string(at)
        colon = self.skip(end)
        if not self.text.startswith(":", colon):
            raise self.broken(colon, "a colon is expected")
        return Member(key, at, self.node(self.skip(colon + 1), depth + 1))


def parse(text: str, relaxed: bool) -> Node | None:
    """Return the value that a text is, None for a blank one; `relaxed` allows comments and last commas. Broken."""
    return _Parser(text, relaxed).document()


def parse_value(text: str, relaxed: bool) -> Json:
    """Return what a text says; a blank one is an empty object. Broken."""
    node = parse(text, relaxed)
    return {} if node is None else node.value


def insert(text: str, want: Want, relaxed: bool, marked: bool) -> list[Step]:
    """Return what to put into a text so that it holds the value too. Broken, also where no object is on the way."""
    newline = "\r\n" if "\r\n" in text else "\n"
    root = parse(text, relaxed)
    if root is None:
        gap = newline if text.strip("\ufeff") and not text.endswith("\n") else ""
        return [(len(text), f"{gap}{_document(want, newline, marked)}")]
    node, keys = root, list(want.keys)
    while True:
        if not isinstance(node.value, list if not keys else dict):
            what = "list" if not keys else "object"
            place = ".".join(want.keys[: len(want.keys) - len(keys)]) or "the document"
            raise BrokenConfig(f"{place} is not an {what}" if what == "object" else f"{place} is not a {what}")
        inner = node.get(keys[0]) if keys else None
        if inner is None:
            break
        if len(keys) == 1 and not want.listed:
            raise BrokenConfig(f"{want.where} exists already")
        node, keys = inner, keys[1:]
    return _insert(text, root, node, _Entry(want, keys, newline, marked))


@dataclass(frozen=True, slots=True)
class _Entry:
    """What goes into an object or a list that is there: the value below those of its keys that are not."""

    want: Want
    keys: list[str]
    newline: str
    marked: bool

    def lines(self, indent: str, unit: str) -> str:
        value: Json = [self.want.value] if self.want.listed and self.keys else self.want.value
        for key in reversed(self.keys[1:]):
            value = {key: value}
        body = json.dumps(value, indent=unit, ensure_ascii=False)
        if self.keys:
            body = f"{json.dumps(self.keys[0])}: {body}"
        lines = body.split("\n")
        if self.marked:
            lines = [f"// {MARK}", *lines, f"// {END_MARK}"]
        return self.newline.join(f"{indent}{line}" for line in lines)


def _document(want: Want, newline: str, marked: bool) -> str:
    body = _Entry(want, list(want.keys), newline, marked).lines("  ", "  ")
    return f"{{{newline}{body}{newline}}}{newline}"


def _insert(text: str, root: Node, node: Node, entry: _Entry) -> list[Step]:
    unit = _unit(text, root)
    outer = _indent(text, node.start)
    steps: list[Step] = []
    if node.members:
        last = node.members[-1]
        own_line = not text[_line_start(text, last.start) : last.start].strip(" \t")
        indent = _indent(text, last.start) if own_line else outer + unit
        end = last.node.end
        after = _end_of_comments(text, end if node.comma is None else node.comma + 1)
        if node.comma is None:
            steps.append((end, ","))
    else:
        indent = outer + unit
        after = _end_of_comments(text, node.start + 1)
    body = entry.newline + entry.lines(indent, unit)
    if "\n" not in text[after : node.end]:
        body += entry.newline + outer
    if steps and after == end:
        return [(end, f",{body}")]
    return [*steps, (after + len(steps), body)]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _indent(text: str, at: int) -> str:
    line = text[_line_start(text, at) : at].lstrip("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str, root: Node) -> str:
    """Return what the first member of the document is indented by."""
    if not root.members:
        return "  "
    first = root.members[0].start
    line = text[_line_start(text, first) : first].lstrip("\ufeff")
    return line if line and not line.strip(" \t") else "  "


def _end_of_comments(text: str, at: int) -> int:
    """Return where the comments end that begin on the same line; `at` itself where there are none."""
    end = at
    while True:
        found = re.compile(r"[ \t]*").match(text, end)
        comment = _COMMENT.match(text, found.end() if found else end)
        if comment is None:
            return end
        end = comment.end()


def holds(value: Json, want: Want) -> Json:
    """Return what stands where a value is wanted: its like in a list, whatever is under the key; None for nothing."""
    for key in want.keys:
        value = value.get(key) if isinstance(value, dict) else None
    if want.listed:
        return want.value if isinstance(value, list) and want.value in value else None
    return value


def without(value: Json, want: Want, made: int) -> Json:
    """Return a value with what was wanted taken out, and what is left empty of the last `made` keys above it."""
    if not isinstance(value, dict) or not want.keys:
        return value
    first, *rest = want.keys
    if first not in value:
        return value
    inner = value[first]
    if rest:
        inner = without(inner, Want(tuple(rest), want.value, want.listed), made)
    elif not want.listed:
        return {k: v for k, v in value.items() if k != first}
    elif isinstance(inner, list) and want.value in inner:
        at = inner.index(want.value)
        inner = inner[:at] + inner[at + 1 :]
    if inner in ({}, []) and inner != value[first] and len(want.keys) <= made + (not want.listed):
        return {k: v for k, v in value.items() if k != first}
    return {**value, first: inner}


def remove(text: str, want: Want, relaxed: bool, made: int) -> str:
    """Return a text without a value, wherever it stands by now; with the last `made` keys, if that empties them."""
    text = _MARKS.sub("", text)
    root = parse(text, relaxed)
    if root is None:
        return text
    trail = list(_trail(root, want))
    if len(trail) != len(want.keys) + want.listed:
        return text
    emptied = made
    while len(trail) > 1 and emptied and len(trail[-1][0].members) == 1:
        trail.pop()
        emptied -= 1
    return _cut(text, *trail[-1])


def _trail(node: Node, want: Want) -> Iterator[tuple[Node, int]]:
    """Yield what has to be entered on the way to a value, each with the number of the member to follow."""
    for key in want.keys:
        at = next((n for n, m in reversed(list(enumerate(node.members))) if m.key == key), None)
        if at is None:
            return
        yield node, at
        node = node.members[at].node
    if want.listed:
        at = next((n for n, m in enumerate(node.members) if m.node.value == want.value), None)
        if at is not None:
            yield node, at


def _cut(text: str, node: Node, at: int) -> str:
    members = node.members
    start, end = members[at].start, members[at].node.end
    if at + 1 < len(members):
        return text[:start] + text[members[at + 1].start :]
    if at > 0:
        before = members[at - 1].node.end
        if not text[before:start].strip(" \t\r\n,"):
            return text[:before] + text[end:]
        comma = _Parser(text, True).skip(before)
        return text[:comma] + text[comma + 1 : start] + text[end:]
    if node.comma is not None:
        end = node.comma + 1
    if not (text[node.start + 1 : start] + text[end : node.end - 1]).strip(" \t\r\n"):
        return text[: node.start + 1] + text[node.end - 1 :]
    return text[:start] + text[end:]
