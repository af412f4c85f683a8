#!python
"""The script `noctule` as it is installed: an interrupt before or after the command itself ends it without a word.

The script that pip writes for an entry point imports more before ours is reached, and cannot do this.
"""

import _signal  # type: ignore[import-not-found]  # `signal` itself takes longer to import
import os


def _leave(_number: int, _frame: object) -> None:
    os._exit(130)


if __name__ == "__main__":
    is_plain = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler  # nobody wants interrupts to be ignored
    if is_plain:
        _signal.signal(_signal.SIGINT, _leave)
    import sys

    from noctule.lsp_server.cli.main import main

    if is_plain:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    try:
        code = main()
    finally:
        if is_plain:
            _signal.signal(_signal.SIGINT, _leave)
    sys.exit(code)
