"""Text out to a person, a pipe or a file. Knows the streams, not what is said.

Whatever a repository holds, no byte of it acts on the terminal: control characters, bidirectional overrides and the
bytes of names that are not UTF-8 are shown as escapes.

    OutputError
    ├── ReaderGone      the other end of the pipe was closed: nobody reads on, and that is no fault
    └── OutputFailed    the answer could not be written (a full disk, a closed stream)
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

from noctule.indexer.printable import printable_line
from noctule.lsp_server.cli.layout import DIM, RED, LabelledRow, render

if TYPE_CHECKING:
    from collections.abc import Iterable

Style = tuple[int | None, bool]
"""The columns of a stream (None if it is no terminal), and whether it shows colours."""
WIDEST = 80
"""Columns of a terminal that does not tell."""


class OutputError(Exception):
    """The answer did not get out."""


class ReaderGone(OutputError):
    """The other end of the pipe was closed."""


class OutputFailed(OutputError):
    """The answer could not be written."""


class Printable(Protocol):
    """Anything that the JSON contract describes."""

    def to_json(self) -> dict[str, object]:
        """Return the answer as the contract writes it."""


class Terminal:
    """Standard output for the answer, standard error for everything else."""

    def __init__(
        self, out: TextIO | None, err: TextIO | None, out_style: Style | None = None, err_style: Style | None = None
    ) -> None:
        self._out = out
        self._err = err
        self._styles = {id(out): out_style, id(err): err_style}

    @classmethod
    def of_process(cls) -> Terminal:
        """Return the terminal of this process; its streams then never fail on a character they cannot encode."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return cls(sys.stdout, sys.stderr)

    @property
    def err(self) -> TextIO | None:
        """The stream for progress, if there is one."""
        return self._err

    @property
    def err_is_interactive(self) -> bool:
        """Whether a person watches standard error."""
        return self._err is not None and self._err.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def can_ask(self) -> bool:
        """Whether a person is there who can answer."""
        return self._err is not None and self._err.isatty() and sys.stdin is not None and sys.stdin.isatty()

    def confirm(self, question: str) -> bool:
        """Ask on standard error, and wait for an answer; whatever does not begin with a y is no."""
        self.write_error(f"{printable_line(question)} [y/N] ")
        return sys.stdin.readline().strip().lower().startswith("y")

    def write(self, text: str) -> None:
        """Write `text` to standard output, all of it. ReaderGone, OutputFailed."""
        if self._out is None:
            raise OutputFailed("standard output is closed")
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as error:
            discard(self._out)
            raise output_error(error) from error

    def write_line(self, text: str) -> None:
        """Write one line to standard output."""
        self.write(f"{text}\n")

    def write_json(self, answer: Printable) -> None:
        """Write one JSON document in ASCII, on one line; names that are not UTF-8 hold lone surrogates as escapes."""
        self.write_line(json.dumps(answer.to_json(), ensure_ascii=True, allow_nan=False))

    def write_error(self, text: str) -> None:
        """Write `text` to standard error; where that is closed there is nobody left to tell."""
        if self._err is None:
            return
        try:
            self._err.write(text)
            self._err.flush()
        except OSError:
            discard(self._err)

    def remark(self, text: str) -> None:
        """Say one line on standard error, dimmed for a person."""
        self._say(printable_line(text), DIM)

    def complain(self, problem: str, advice: str = "") -> None:
        """Print one line: what is wrong and what to do."""
        after = f" ({advice})" if problem.endswith("?") else f"; {advice}"
        text = f"noctule: {problem}" + (after if advice else "")
        self._say(printable_line(" ".join(text.split())), RED)

    def _say(self, line: str, style: str) -> None:
        width, coloured = self._style(self._err)
        shown = render([LabelledRow(line, style=style)], width, coloured=coloured)
        self.write_error("".join(f"{part}\n" for part in shown))

    def show(self, lines: Iterable[LabelledRow]) -> None:
        """Write lines to standard output: coloured and wrapped on a terminal, plain and uncut in a pipe."""
        safe = (line._replace(text=printable_line(line.text), label=printable_line(line.label)) for line in lines)
        width, coloured = self._style(self._out)
        shown = render(safe, width, coloured=coloured)
        self.write("".join(f"{part}\n" for part in shown))

    def redraw(self, text: str) -> None:
        """Show one line in place of the last on standard error, as far as it fits; an empty one clears it."""
        line = printable_line(text)[: (self._style(self._err)[0] or WIDEST) - 1]
        self.write_error(f"\r\x1b[2K{line}")

    def _style(self, stream: TextIO | None) -> Style:
        return self._styles.get(id(stream)) or stream_style(stream)


def need_streams(who: str) -> None:
    """Refuse to serve `who` where standard input or output is closed. NoctuleError."""
    if sys.stdin is None or sys.stdout is None:
        from noctule.indexer.errors import NoctuleError  # only for this rare path

        raise NoctuleError("standard input or output is closed", f"{who} talks to this server through both")


def stream_style(stream: TextIO | None) -> Style:
    """Return the width of a stream and whether it shows colours; a pipe has neither."""
    if stream is None or not stream.isatty():
        return None, False
    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in ("dumb", "unknown")
    return terminal_width(), coloured


def terminal_width() -> int:
    """Return the columns of the terminal, as `shutil` does after importing three ways to compress files."""
    with contextlib.suppress(ValueError):
        if (columns := int(os.environ.get("COLUMNS", ""))) > 0:
            return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDEST  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, or no terminal
        return WIDEST


def output_error(error: OSError) -> OutputError:
    """Translate an error of writing to standard output."""
    return ReaderGone() if isinstance(error, BrokenPipeError) else OutputFailed(error.strerror or str(error))


def discard(stream: TextIO) -> None:
    """Point the stream's descriptor at nothing, so that the interpreter's own flush at exit cannot fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)
