"""Text out to a person, a pipe or a file. Knows the streams, not what is said.

Whatever a repository holds, no byte of it acts on the terminal: control characters, bidirectional overrides and the
bytes of names that are not UTF-8 are shown as escapes.

    OutputError
    ├── ReaderGone      the other end of the pipe was closed: nobody reads on, and that is no fault
    └── OutputFailed    the answer could not be written (a full disk, a closed stream)
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

from noctule.lsp_server.text.printable import printable as printable  # noqa: PLC0414 - commands take both from here
from noctule.lsp_server.text.printable import printable_line as printable_line  # noqa: PLC0414

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


# Wide enough that a table in a pipe or a file is never cut or wrapped.
_PIPE_COLUMNS = 100_000


class OutputError(Exception):
    """The answer did not get out."""


class ReaderGone(OutputError):
    """The other end of the pipe was closed."""


class OutputFailed(OutputError):
    """The answer could not be written."""


class Answer(Protocol):
    """Anything that the JSON contract describes."""

    def to_json(self) -> dict[str, object]:
        """Return the answer as the contract writes it."""


class Terminal:
    """Standard output for the answer, standard error for everything else."""

    def __init__(self, out: TextIO | None, err: TextIO | None) -> None:
        self._out = out
        self._err = err

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

    def write(self, text: str) -> None:
        """Write `text` to standard output, all of it. ReaderGone, OutputFailed."""
        if self._out is None:
            raise OutputFailed("standard output is closed")
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            _discard(self._out)
            raise ReaderGone from None
        except OSError as error:
            _discard(self._out)
            raise OutputFailed(error.strerror or str(error)) from error

    def write_line(self, text: str) -> None:
        """Write one line to standard output."""
        self.write(f"{text}\n")

    def write_json(self, answer: Answer) -> None:
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
            _discard(self._err)

    def remark(self, text: str) -> None:
        """Say one line on standard error, dimmed for a person."""
        line = printable_line(text)
        self.write_error(f"\x1b[2m{line}\x1b[0m\n" if self._coloured(self._err) else f"{line}\n")

    def complain(self, problem: str, advice: str = "") -> None:
        """Say in one line what is wrong and what to do."""
        text = f"noctule: {problem}" + (f"; {advice}" if advice else "")
        line = printable_line(" ".join(text.split()))
        self.write_error(f"\x1b[31m{line}\x1b[0m\n" if self._coloured(self._err) else f"{line}\n")

    def show(self, renderable: RenderableType) -> None:
        """Write what rich renders to standard output: coloured and fitted on a terminal, plain and uncut in a pipe."""
        console = self._console(self._out)
        with console.capture() as capture:
            console.print(renderable, soft_wrap=not console.is_terminal)
        lines = (line.rstrip() for line in capture.get().splitlines())
        self.write("".join(f"{line}\n" for line in lines))

    def progress_console(self) -> Console:
        """Return rich's console on standard error, for progress."""
        return self._console(self._err)

    def _console(self, stream: TextIO | None) -> Console:
        from rich.console import Console  # 60 ms that most answers do not need

        interactive = stream is not None and stream.isatty()
        return Console(
            file=stream,
            width=None if interactive else _PIPE_COLUMNS,
            highlight=False,
            emoji=False,
            markup=False,
        )

    @staticmethod
    def _coloured(stream: TextIO | None) -> bool:
        return (
            stream is not None
            and stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") not in ("dumb", "unknown")
        )


def _discard(stream: TextIO) -> None:
    """Point the stream's descriptor at nothing, so that the interpreter's own flush at exit cannot fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)
