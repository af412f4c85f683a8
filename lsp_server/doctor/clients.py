"""Whether what `noctule install` wrote still starts noctule, and as it would be written today. Changes nothing."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from noctule.indexer.errors import NoctuleError
from noctule.indexer.reports import Check
from noctule.lsp_server.install import plan
from noctule.lsp_server.install.entry import Json
from noctule.lsp_server.install.places import UserPlaces
from noctule.lsp_server.install.receipt import Receipt, read_receipts
from noctule.lsp_server.text.numbers import count

NAME = "clients"
_FIX = "run: noctule install --refresh"


def check_clients(machine: UserPlaces) -> Check:
    """Look at every entry that was written."""
    try:
        written = [receipt for _, receipt in read_receipts(machine.state)]
        gone = sorted({program for one in written for program in programs(one) if _is_gone(program)})
        older = [one.file for one in written if _is_older(one, machine)]
    except (NoctuleError, OSError) as error:
        return Check(NAME, "remark", f"what was installed cannot be read: {error}", "")
    if gone:
        return Check(NAME, "fault", f"{gone[0]} is started by a client, and is not there", _FIX)
    if older:
        return Check(NAME, "remark", f"{older[0]} holds an entry of another version of noctule", _FIX)
    if not written:
        return Check(NAME, "ok", "none (optional; see `noctule install`)", "")
    return Check(NAME, "ok", f"{count(len(written), 'configuration file')} of agents and editors", "")


def programs(receipt: Receipt) -> list[str]:
    """Return the programs that the entries of a file start."""
    return list(dict.fromkeys(words[0] for one in receipt.taken for words in _commands(one.want.value) if words))


def _commands(value: Json) -> Iterator[list[str]]:
    """Yield the commands in an entry, in words, as far as they stand before what noctule is to do."""
    if isinstance(value, list):
        for one in value:
            yield from _commands(one)
        return
    if not isinstance(value, dict):
        return
    command, args = value.get("command", value.get("bash")), value.get("args")
    if isinstance(command, list):
        yield _before_verb([str(word) for word in command])
    elif isinstance(command, str):
        words = [command, *map(str, args)] if isinstance(args, list) else shlex.split(command)
        yield _before_verb(words)
    for inner in value.values():
        if isinstance(inner, list | dict) and inner is not command and inner is not args:
            yield from _commands(inner)


def _before_verb(words: list[str]) -> list[str]:
    verbs = [at for at, word in enumerate(words) if word in ("mcp", "hook")]
    return words[: verbs[-1]] if verbs else words


def _is_gone(program: str) -> bool:
    return Path(program).is_absolute() and not os.access(program, os.X_OK)


def _is_older(receipt: Receipt, machine: UserPlaces) -> bool:
    """Tell whether an entry is not as it would be written today, for the same program."""
    found = [words for one in receipt.taken for words in _commands(one.want.value)]
    then = replace(machine, command=tuple(found[0])) if found and receipt.project is None else machine
    _, target = plan.find_target(receipt, then)
    return target is None or any(one.want not in target.wants for one in receipt.taken)
