"""What installing or undoing would change, worked out in full before the first byte is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from noctule.lsp_server.install import config_text as texts
from noctule.lsp_server.install import receipt as receipts
from noctule.lsp_server.install.clients import CLIENTS, SUCCESSORS, Target
from noctule.lsp_server.install.config_file import ConfigFile
from noctule.lsp_server.install.entry import BrokenConfig, RefusedChange
from noctule.lsp_server.install.places import UserPlaces
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


def install(
    client: str, machine: UserPlaces, project: Path | None, *, with_hooks: bool = True
) -> list[tuple[Target, ConfigChange]]:
    """Return what has to change so that a client starts noctule; nothing where it does already. Refused.

    What was put into the file of a client that this one took the place of is taken out.
    """
    if client in SUCCESSORS:
        raise RefusedChange(f"{client} was retired", f"run `noctule install {SUCCESSORS[client]}`, or use --undo")
    gone = [old for old, successor in SUCCESSORS.items() if successor == client]
    changes = [one for old in gone for one in undo(old, machine, project, recorded_only=True)]
    targets = [target for target in CLIENTS[client](machine, project) if with_hooks or not target.hooks]
    return changes + _found((target, _plan_install(target, machine, project)) for target in targets)


def undo(
    client: str, machine: UserPlaces, project: Path | None, *, recorded_only: bool = False
) -> list[tuple[Target, ConfigChange]]:
    """Return what takes out of a client's configuration what was put in. Refused."""
    targets = reversed(CLIENTS[client](machine, project))
    return _found((target, _undone(target, machine, project, recorded_only)) for target in targets)


def refresh(machine: UserPlaces) -> list[tuple[Target, ConfigChange]]:
    """Return what has to change so that all that was put in is as it is put in today. Refused."""
    found: list[tuple[Target, ConfigChange | None]] = []
    for _, receipt in receipts.read_receipts(machine.state):
        project = Path(receipt.project) if receipt.project is not None else None
        client, target = find_target(receipt, machine)
        if target is None:
            continue
        plan = _undone if client in SUCCESSORS else _plan_refresh
        found.append((target, plan(target, machine, project)))
    return _found(found)


def find_target(receipt: Receipt, machine: UserPlaces) -> tuple[str, Target | None]:
    """Return what is to stand today in a file that something was put into, and for which client."""
    project = Path(receipt.project) if receipt.project is not None else None
    for client, targets in CLIENTS.items():
        try:
            for target in targets(machine, project):
                if str(ConfigFile.of(target.path).path) == receipt.file:
                    return client, target
        except RefusedChange:  # this client has no such file
            continue
    return "", None


def _found(pairs: Iterable[tuple[Target, ConfigChange | None]]) -> list[tuple[Target, ConfigChange]]:
    return [(target, change) for target, change in pairs if change is not None]


def _plan_refresh(target: Target, machine: UserPlaces, project: Path | None) -> ConfigChange | None:
    place = ConfigFile.of(target.path, project)
    kept_at = receipts.receipt_place(machine.state, place.path)
    before, kept = place.read(), _load_receipt(kept_at, place)
    if before is None or kept is None:
        return None
    try:
        said = texts.parse(before, target.form)
        there = [texts.is_held(said, want) for want in target.wants]
        ours = [one.want for one in kept.taken if texts.is_held(said, one.want)]
        if not ours or (all(there) and all(want in target.wants for want in ours)):
            return None  # its user has taken it out, or it is as it should be
        plain = _without(before, target.form, kept)
        after, steps, taken = texts.insert(plain, target.form, target.wants)
    except BrokenConfig as error:
        raise RefusedChange(
            f"{place.path} cannot be used as {target.form}: {error}", "remove the entry by hand, and install again"
        ) from error
    receipt = replace(kept, after=digest(after), steps=tuple(steps), taken=tuple(taken))
    return ConfigChange(place, before, after, receipt, kept_at)


def _plan_install(target: Target, machine: UserPlaces, project: Path | None) -> ConfigChange | None:
    place = ConfigFile.of(target.path, project)
    kept_at = receipts.receipt_place(machine.state, place.path)
    before = place.read()
    try:
        after, steps, taken = texts.insert(before or "", target.form, target.wants)
    except BrokenConfig as error:
        raise RefusedChange(
            f"{place.path} cannot be used as {target.form}: {error}",
            "correct it; `noctule install --refresh` mends what an earlier one wrote",
        ) from error
    if not steps:
        return None
    earlier = _load_receipt(kept_at, place)
    folders = [*place.missing_folders(), *kept_at.missing_folders()]
    receipt = Receipt(
        str(place.path),
        before is None,
        digest(after),
        tuple(steps),
        tuple(taken),
        tuple(map(str, folders)),
        str(project) if project is not None else None,
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
        later.project,
    )


def _load_receipt(kept_at: ConfigFile, place: ConfigFile) -> Receipt | None:
    text = kept_at.read()
    return Receipt.of_text(text, str(place.path)) if text is not None else None


def _undone(
    target: Target, machine: UserPlaces, project: Path | None, recorded_only: bool = False
) -> ConfigChange | None:
    place = ConfigFile.of(target.path, project)
    kept_at = receipts.receipt_place(machine.state, place.path)
    before, kept = place.read(), _load_receipt(kept_at, place)
    if recorded_only and kept is None:
        return None
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
    """Drop a receipt, and the folders that were made; who still uses one of them is to remove it later."""
    state = change.kept_at.path.parent
    kept = _load_receipt(change.kept_at, change.place)  # it may have taken over some since this was planned
    made = [*dict.fromkeys((*folders, *(kept.folders if kept is not None else ())))]
    change.kept_at.remove([*sorted(map(Path, made)), state.parent, state])
    left = [folder for folder in made if Path(folder).exists()]
    for place, receipt in receipts.read_receipts(state)[:1]:
        merged = tuple(dict.fromkeys((*left, *receipt.folders)))
        if merged != receipt.folders:
            place.write(replace(receipt, folders=merged).to_text(), place.read())
