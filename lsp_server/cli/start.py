#!python
"""The script `noctule` as it is installed: an interrupt before or after the command itself ends it with one line.

The script that pip writes for an entry point imports more before ours is reached, and cannot do this.
"""

import _signal  # type: ignore[import-not-found]  # `signal` itself takes longer to import
import os
import sys

LINE = b"noctule: interrupted; what was finished is kept; run the same command again to go on\n"
"""What `lsp_server.cli.main` says of an interrupt amid a command, which cannot be imported yet."""


def _leave(_number: int, _frame: object) -> None:
    try:
        os.write(2, LINE)
    finally:  # standard error may be closed
        os._exit(130)


def _leave_quietly(_number: int, _frame: object) -> None:
    """End after the command has said that it was interrupted."""
    os._exit(130)


def _end(code: int) -> None:
    """End as Python does, but leave the memory to the system: to empty it takes a tenth of a short command."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    if "atexit" in sys.modules:
        sys.modules["atexit"]._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    is_plain = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler  # nobody wants interrupts to be ignored
    if is_plain:
        _signal.signal(_signal.SIGINT, _leave)
    from noctule.lsp_server.cli.main import main

    def _begin() -> None:
        if is_plain:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)

    code = 1
    try:
        code = main(begin=_begin)
    finally:
        if is_plain:
            _signal.signal(_signal.SIGINT, _leave_quietly if code == 130 else _leave)
    _end(code)
