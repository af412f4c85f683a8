"""What a SCIP index adds to a view. Reads none: `indexer.learn.precise` does, where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field

from noctule.indexer.resolve.relations import NONE, Relations


@dataclass(frozen=True)
class PreciseUses:
    """The relations that an index adds to a view, the parts to store, and what `status` says of it."""

    relations: Relations = NONE
    parts: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    warning: tuple[str, str] | None = None
    changed: bool = False
