"""What a text that nobody has learned yet defines, and which of its lines are code. Reads no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from noctule.indexer.files.text import as_utf8
from noctule.indexer.symbols import VALUES, Span

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_BYTES = 200_000
"""Nobody waits until a longer text is parsed: nothing is known of it before it is learned."""
MOST_PARSE_S = 2.0
"""Nor is a parser waited for that finds no end in a text: one of 200,000 bytes takes it a third of a second."""
MOST_OUTLINES = 200
"""So many outlines of files that have changed are kept."""


class Defined(Protocol):
    """A definition, as it was learned or as it is."""

    @property
    def start(self) -> int:
        """Its first line, counted from zero."""

    @property
    def stop(self) -> int:
        """The line after its last."""

    @property
    def kind(self) -> str:
        """What it is."""


D = TypeVar("D", bound=Defined)


class LiveDefinition(NamedTuple):
    """A definition as it stands in a text; lines are counted from zero, `stop` is exclusive."""

    qualname: str
    kind: str
    start: int
    stop: int


class LiveOutline(NamedTuple):
    """The definitions of a text, and its lines that begin inside a comment or a string, or are left out of it."""

    definitions: tuple[LiveDefinition, ...]
    quoted: tuple[Span, ...]

    def is_code(self, line: int) -> bool:
        """Tell whether a line begins outside of comments and strings."""
        return not any(line in span for span in self.quoted)

    def defines(self, qualname: str, kind: str) -> bool:
        """Tell whether something of this name and kind is defined."""
        return any((d.qualname, d.kind) == (qualname, kind) for d in self.definitions)

    def owner(self, line: int) -> tuple[str, str]:
        """Return the name and kind of the innermost function or type that a line lies in; empty outside of all."""
        around = innermost(self.definitions, line)
        return (around.qualname, around.kind) if around is not None else ("", "")


MakeOutline = Callable[[bytes, str], LiveOutline | None]
"""`make_outline`, or what does it elsewhere."""


def innermost(definitions: Sequence[D], line: int) -> D | None:
    """Return the innermost function or type that a line lies in."""
    around = [d for d in definitions if d.start <= line < d.stop and d.kind not in VALUES]
    return max(around, key=lambda d: (d.start, -d.stop), default=None)


def make_outline(text: bytes, path: str) -> LiveOutline | None:
    """Return the outline of a text in UTF-8; None where no grammar tells.

    A text that is too long, or takes too long, defines nothing.
    """
    from noctule.indexer.parse.embedded import find_code  # most answers meet no file that has changed
    from noctule.indexer.parse.extract import read

    embedded = find_code(path, text)
    if embedded.language is None:
        return None
    if len(text) > MOST_BYTES:
        return empty_outline(text)
    try:
        symbols, root = read(embedded.code, embedded.language, MOST_PARSE_S)
    except TimeoutError:
        return empty_outline(text)
    found = tuple(LiveDefinition(d.qualname, d.kind, d.span.start, d.span.stop) for d in symbols.definitions)
    return LiveOutline(found, tuple(_quotation_lines(root)))


class Outlines:
    """The outlines of files that have changed, each made once; a server has `make` done in a child process."""

    def __init__(self) -> None:
        self.make: MakeOutline = make_outline
        self._made: dict[str, tuple[bytes, LiveOutline | None]] = {}

    def find(self, path: str, content: bytes) -> LiveOutline | None:
        """Return the outline of a file as it is; None where no grammar tells."""
        content_then, outline = self._made.get(path, (None, None))
        if content != content_then:
            if len(self._made) >= MOST_OUTLINES:
                self._made.clear()
            outline = self.make(as_utf8(content) or b"", path)
            self._made[path] = content, outline
        return outline


def empty_outline(text: bytes) -> LiveOutline:
    """Return the outline of a text of which nothing is known: it defines nothing, and no line of it is code."""
    return LiveOutline((), (Span(0, text.count(b"\n") + 1),))


def _quotation_lines(root: Node) -> Iterator[Span]:
    """Yield the lines that begin inside a comment or a string, or that `#if 0` leaves out.

    A comment or a string on one line is not named.
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        start, stop = node.start_point.row, node.end_point.row
        if start == stop:
            continue
        if "comment" in node.type or "string" in node.type or node.type in ("heredoc_body", "raw_text"):
            yield Span(start + 1, stop + 1)
        elif node.type == "preproc_if":
            from noctule.indexer.parse.c_macros import live_parts  # few texts have such a line

            live = live_parts(node)
            yield from (Span(c.start_point.row, c.end_point.row + 1) for c in node.named_children if c not in live)
            waiting.extend(live)
        else:
            waiting.extend(node.children)
