"""The outermost loop of the `noctule` command: an exception becomes one line and an exit code.

It knows no command. Everything beyond the standard library's smallest part is imported inside the loop, so that an
interrupt while starting ends as quietly as a later one.
"""

from __future__ import annotations

import _thread
import gc
import os
import sys

from noctule.indexer.defaults import DEBUG_VARIABLE

TYPE_CHECKING = False  # as `typing` has it, whose import is a third of the time to get here
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import FrameType

    from noctule.lsp_server.cli.terminal import Terminal


_STAYING = frozenset({"lsp", "mcp", "watch"})
"""Commands that stay, and must not keep much that nobody needs any more."""


def main(argv: Sequence[str] | None = None, begin: Callable[[], None] | None = None) -> int:
    """Run the command line and return its exit code (`lsp_server.cli.exit_codes.Exit`).

    `begin` is called before the command itself: who gives it answers interrupts until then, amid imports too, where
    they would become other errors.
    """
    # numpy's OpenBLAS would start a thread for each core and let them spin between products that are too small to
    # share out: on two busy cores a fit of the change points took 1.1 to 1.8 s of processor time instead of 0.6 to 0.8.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _fill_closed_streams()
    words = sys.argv[1:] if argv is None else argv
    # To look for circles, of which there are none, among all that is imported took 5% of a short command.
    gc.set_threshold(5_000 if words and words[0] in _STAYING else 100_000)
    try:
        code = _ask_service(words) if words else None
        if code is not None:
            return code
        from noctule.lsp_server.cli.terminal import Terminal  # see the module's docstring

        return _outcome(Terminal.of_process(), words, begin)
    except KeyboardInterrupt:  # before or after the command itself
        from noctule.lsp_server.cli.terminal import Terminal

        return _handle_interrupt(Terminal.of_process())


def _fill_closed_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Else a file of ours would get its number, and whatever prints, here or in a child, would write into it. `sys.stdin`
    and `sys.stdout` stay None, by which a command sees that nobody is there.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # the lowest free number is this one
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY if descriptor else os.O_RDONLY), True)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process


def _ask_service(argv: Sequence[str]) -> int | None:
    """Have a noctule that runs already answer; None where none does."""
    from noctule.lsp_server.cli.service_client import answer

    try:
        return answer(argv)
    except Exception as error:  # noqa: BLE001 - the answer was there, and could not be printed
        from noctule.lsp_server.cli.terminal import Terminal

        return explain(Terminal.of_process(), error)


_AGAIN_S, _MOST_AGAIN = 0.02, 250
"""An interrupt amid an import comes again so much later, and so often before it is raised there all the same."""


class _Interrupts:
    """Whether the user has asked to stop.

    Ctrl-C reaches git as well: what fails after it fails because of it. Amid an import or a finalizer an interrupt
    would be lost, become another error, or leave a module's lock held for ever: it waits until that is over.
    """

    def __init__(self) -> None:
        self.seen = False
        self._waited = 0

    def watch(self) -> None:
        """Take note of interrupts from here on, where they are not ignored or handled by somebody else."""
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        if self._waited < _MOST_AGAIN and _is_amid_import(frame):
            self._waited += 1
            _thread.start_new_thread(_interrupt_again, (number,))
            return
        raise KeyboardInterrupt


def _is_amid_import(frame: FrameType | None) -> bool:
    """Tell whether an exception that is raised in a frame might not get out of it."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib") or code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _interrupt_again(number: int) -> None:
    import time

    time.sleep(_AGAIN_S)
    os.kill(os.getpid(), number)


def _outcome(terminal: Terminal, argv: Sequence[str], begin: Callable[[], None] | None) -> int:
    from noctule.indexer.errors import SHORTAGE_ADVICE, NotIndexed, StoreDamaged, find_shortage

    interrupts = _Interrupts()
    try:
        _watch_memory()
        from noctule.lsp_server.cli.command_line import command_line

        args = command_line(argv).parse_args(argv)
        if begin is not None:
            begin()
        interrupts.watch()
        if argv[:1] != ["install"] and "--export" not in argv:
            os.umask(0o077)  # what is kept of a repository is nobody else's to read
        try:
            return int(args.run(args, terminal))
        except MemoryError:
            raise
        except (StoreDamaged, NotIndexed):  # the same command first rebuilds what is damaged, or was just forgotten
            return int(args.run(args, terminal))
        except Exception:
            if not _is_damage(args):
                raise
            return int(args.run(args, terminal))
    except KeyboardInterrupt:
        return _handle_interrupt(terminal)
    except Exception as error:  # noqa: BLE001 - the outermost loop: a traceback never reaches a user
        if shortage := find_shortage(error):  # first of all, since another import may fail as well
            terminal.complain(shortage, SHORTAGE_ADVICE)
            return 1
        return _handle_interrupt(terminal) if interrupts.seen else explain(terminal, error)


_NUMPY_BYTES = 136 << 20
"""Address space for numpy: 84 MB to load, 32 for the first product of matrices, the rest for what it holds."""


class _RoomForNumpy:
    """Looks whether there is room for numpy before it is loaded: short of it, its libraries end the process."""

    def find_spec(self, name: str, *_: object) -> None:
        """Let the import go on. MemoryError."""
        if name == "numpy":
            import mmap

            sys.meta_path.remove(self)
            try:
                mmap.mmap(-1, _NUMPY_BYTES).close()
            except OSError as error:
                raise MemoryError from error


def _watch_memory() -> None:
    """Have a process whose address space is limited say that it is too small."""
    import resource

    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY and "numpy" not in sys.modules:
        sys.meta_path.insert(0, _RoomForNumpy())


def _is_damage(args: argparse.Namespace) -> bool:
    """Tell whether a command failed because the store is damaged."""
    from pathlib import Path

    from noctule.indexer.errors import NoctuleError
    from noctule.indexer.store.connection import find_damage
    from noctule.indexer.store.reference import RepositoryRef

    try:
        return find_damage(RepositoryRef.find(Path(args.path)).folder)
    except (AttributeError, TypeError, NoctuleError, OSError):
        return False


def _handle_interrupt(terminal: Terminal) -> int:
    from noctule.lsp_server.cli.exit_codes import Exit

    terminal.complain("interrupted", "what was finished is kept; run the same command again to go on")
    return Exit.INTERRUPTED


def explain(terminal: Terminal, error: Exception) -> int:
    """Say in one line what went wrong, and return the exit code that stands for it."""
    from noctule.indexer.errors import (
        BadTask,
        MissingSetting,
        NoctuleError,
        RepositoryError,
        StoreError,
        UnknownSubject,
    )
    from noctule.lsp_server.cli.exit_codes import Exit
    from noctule.lsp_server.cli.terminal import OutputFailed, ReaderGone
    from noctule.lsp_server.settings import BadSettings

    match error:
        case ReaderGone():
            return Exit.READER_GONE
        case OutputFailed():
            terminal.complain(f"cannot write the answer: {error}")
            return Exit.FAILED
        case RepositoryError() | UnknownSubject() | BadTask() | BadSettings() | MissingSetting():
            terminal.complain(str(error), error.advice)
            return Exit.BAD_INPUT
        case StoreError():
            terminal.complain(str(error), error.advice)
            return Exit.STORE_UNUSABLE
        case NoctuleError():
            terminal.complain(str(error), error.advice)
            return Exit.FAILED
    _report_defect(terminal, error)
    return Exit.FAILED


def _report_defect(terminal: Terminal, error: Exception) -> None:
    """Say in one line what failed; the traceback is for those who ask for it."""
    if os.environ.get(DEBUG_VARIABLE):
        import traceback  # only for this rare path

        terminal.write_error("".join(traceback.format_exception(error)))
    if isinstance(error, OSError):
        terminal.complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    terminal.complain(
        f"an unexpected error, {what[:300]}",
        f"this is a bug in noctule; run again with {DEBUG_VARIABLE}=1 and report the details",
    )


if __name__ == "__main__":
    sys.exit(main())
