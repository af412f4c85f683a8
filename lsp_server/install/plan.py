"""What installing or undoing would change, worked out in full before the first byte is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from noctule.lsp_server.install import config_text as texts
from noctule.lsp_server.install import receipt as receipts
from noctule.lsp_server.install.clients import CLIENTS, Target, UserPlaces
from noctule.lsp_server.install.config_file import ConfigFile
from noctule.lsp_server.install.entry import BrokenConfig, RefusedChange
from noctule.lsp_server.install.receipt import Receipt, digest

NEIGHBOURS = 1
"""So many lines around a change are shown: what stands there may be somebody's key."""
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A file before and after; None is no file. `receipt` is to be kept, or None to be dropped, at `kept_at`."""

    place: ConfigFile
    before: str | None
    after: str | None
    receipt: Receipt | None
    kept_at: ConfigFile
    folders: tuple[str, ...] = ()

    def diff(self) -> Iterator[str]:
        """Yield the lines of a unified diff."""
        before, after = (text.splitlines() if text is not None else [] for text in (self.before, self.after))
        was, is_now = (str(self.place.path) if text is not None else "/dev/null" for text in (self.before, self.after))
        for line in difflib.unified_diff(before, after, was, is_now, n=NEIGHBOURS, lineterm=""):
            yield line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def install(client: str, machine: UserPlaces, project: Path | None) -> list[ConfigChange]:
    """Return what has to change so that a client starts noctule; nothing where it does already. Refused."""
    changes = (_plan_install(target, machine, project) for target in CLIENTS[client](machine, project))
    return [change for change in changes if change is not None]


def undo(client: str, machine: UserPlaces, project: Path | None) -> list[ConfigChange]:
    """Return what takes out of a client's configuration what was put in. Refused."""
    changes = (_undone(target, machine, project) for target in reversed(CLIENTS[client](machine, project)))
    return [change for change in changes if change is not None]


def _plan_install(target: Target, machine: UserPlaces, project: Path | None) -> ConfigChange | None:
    place = ConfigFile.of(target.path, project)
    kept_at = receipts.receipt_place(machine.state, place.path)
    before = place.read()
    try:
        after, steps, taken = texts.insert(before or "", target.form, target.wants)
    except BrokenConfig as error:
        raise RefusedChange(
            f"{place.path} cannot be used as {target.form}: {error}", "correct it, or run with --undo first"
        ) from error
    if not steps:
        return None
    earlier = _load_receipt(kept_at, place)
    folders = [*place.missing_folders(), *kept_at.missing_folders()]
    receipt = Receipt(
        str(place.path), before is None, digest(after), tuple(steps), tuple(taken), tuple(map(str, folders))
    )
    if earlier is not None:
        receipt = _merge_receipts(earlier, receipt, before or "")
    return ConfigChange(place, before, after, receipt, kept_at)


def _merge_receipts(earlier: Receipt, later: Receipt, between: str) -> Receipt:
    """Return the receipt of a file into which something is put for a second time, after others changed it."""
    exact = digest(between) == earlier.after
    taken = [one for one in earlier.taken if all(one.want != other.want for other in later.taken)]
    return Receipt(
        later.file,
        earlier.created or later.created,
        later.after if exact else "",
        (*earlier.steps, *later.steps) if exact else (),
        (*taken, *later.taken),
        (*earlier.folders, *(f for f in later.folders if f not in earlier.folders)),
    )


def _load_receipt(kept_at: ConfigFile, place: ConfigFile) -> Receipt | None:
    text = kept_at.read()
    return Receipt.of_text(text, str(place.path)) if text is not None else None


def _undone(target: Target, machine: UserPlaces, project: Path | None) -> ConfigChange | None:
    place = ConfigFile.of(target.path, project)
    kept_at = receipts.receipt_place(machine.state, place.path)
    before, kept = place.read(), _load_receipt(kept_at, place)
    if before is None:
        return ConfigChange(place, None, None, None, kept_at, kept.folders) if kept is not None else None
    # Where the receipt was lost, what is exactly as it is written is ours.
    receipt = kept or Receipt(str(place.path), False, "", (), tuple(texts.Taken(want, 0) for want in target.wants), ())
    try:
        after = _without(before, target.form, receipt)
    except BrokenConfig as error:
        raise RefusedChange(
            f"{place.path} cannot be used as {target.form}: {error}", "remove the entry by hand"
        ) from error
    nothing_left = receipt.created and after.strip() in ("", "{}")
    if after == before and kept is None:
        return None
    return ConfigChange(place, before, None if nothing_left else after, None, kept_at, receipt.folders)


def _without(text: str, form: str, receipt: Receipt) -> str:
    if digest(text) == receipt.after:
        exact = texts.undone(text, receipt.steps)
        if exact is not None:
            return exact
    return texts.remove(text, form, receipt.steps, receipt.taken)


def apply_changes(changes: Sequence[ConfigChange]) -> None:
    """Write what was planned; where one file fails, all get back what they held. Refused."""
    kept = [change.kept_at.read() for change in changes]
    try:
        for change, earlier in zip(changes, kept, strict=True):
            _apply_change(change, earlier)
    except RefusedChange:
        for change, earlier in zip(reversed(changes), reversed(kept), strict=True):
            _put_back(change, earlier)
        raise


def _apply_change(change: ConfigChange, earlier: str | None) -> None:
    if change.receipt is not None:  # first: what is not known to be ours could not be taken out
        change.kept_at.write(change.receipt.to_text(), earlier)
    if change.after is None:
        change.place.remove([Path(folder) for folder in change.folders])
    elif change.after != change.before:
        change.place.write(change.after, change.before)
    if change.receipt is None:
        _forget(change, change.folders)


def _put_back(change: ConfigChange, earlier: str | None) -> None:
    folders = change.receipt.folders if change.receipt is not None else ()
    if change.after != change.before and change.place.read() == change.after:
        if change.before is None:
            change.place.remove([Path(folder) for folder in folders])
        else:
            change.place.write(change.before, change.after)
    if earlier is None:
        _forget(change, folders)
    elif change.kept_at.read() != earlier:
        change.kept_at.write(earlier, change.kept_at.read())


def _forget(change: ConfigChange, folders: Sequence[str]) -> None:
    state = change.kept_at.path.parent
    change.kept_at.remove([*map(Path, folders), state.parent, state])
