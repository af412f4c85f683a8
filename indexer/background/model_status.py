"""The state of a model's notes in one repository, for `status`: how many, how many are valid, what the gate says."""

from __future__ import annotations

import math
import time
from collections import Counter

from noctule.indexer.errors import NoctuleError
from noctule.indexer.llm.settings import Choice
from noctule.indexer.model_notes import gate
from noctule.indexer.model_notes.store import ModelNote, NoteStore
from noctule.indexer.runtime.budget import Amounts, Limits
from noctule.indexer.runtime.ledger import DAY_S, Ledger, Records
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.wiring import make_spending_limit

WEEK_S = 7 * DAY_S


def model_notes(repository: Repository, choice: Choice, limits: Limits) -> dict[str, object]:
    """Return how they stand; empty where no model is named and none ever wrote anything."""
    note_store = NoteStore(repository.folder)
    notes, verdict = note_store.notes(), gate.read_verdict(repository.folder)
    if not (choice.named or notes or verdict.was_given):
        return {}
    from noctule.indexer.background.planner import living
    from noctule.indexer.background.queue import read_past  # with numpy: nobody without a model waits for it

    held, withheld = _count_standing(repository, notes)
    refused: Counter[str] = Counter()
    for note in notes:
        refused.update(note.refused)
    left = make_spending_limit(repository, choice, limits).left()
    records, now = Ledger(repository.folder).records(), time.time()
    week = [served for served in records.served if served.at >= now - WEEK_S]
    cost = _sum_cost(records)
    setback = read_past(records.spent, living(records)).streaks.get("think")
    waits = setback is not None and setback.until > now
    return {
        "model": choice.think,
        "checker": choice.checker,
        "notes": len(notes),
        "claims": sum(len(note.claims) for note in notes),
        "held": held,
        "withheld": dict(withheld),
        "answers_of_week": len(week),
        "served_of_week": sum(1 for served in week if served.claims),
        "tokens": int(cost.tokens),
        "dollars": cost.dollars,
        "refused": dict(refused.most_common()),
        "dropped": dict(Counter(note_store.dropped().values()).most_common()),
        "gate": verdict.told(),
        "failing": setback.why if setback is not None and waits else "",
        "tokens_left": left.tokens if math.isfinite(left.tokens) else None,
        "dollars_left": left.dollars if math.isfinite(left.dollars) else None,
    }


def _sum_cost(records: Records) -> Amounts:
    """Return what all thinking has cost."""
    cost = [spent.amounts for spent in records.spent if spent.kind == "think"]
    for sums in records.sums.values():
        if (day := sums.get("spent", {}).get("think")) is not None:
            cost.append(Amounts(tokens=float(day["tokens"]), dollars=float(day["dollars"])))
    return Amounts(tokens=sum(one.tokens for one in cost), dollars=math.fsum(one.dollars for one in cost))


def _count_standing(repository: Repository, notes: tuple[ModelNote, ...]) -> tuple[int | None, Counter[str]]:
    """Count the claims whose evidence stands at this moment, and the others by kind; None where nothing is learned."""
    withheld: Counter[str] = Counter()
    if not notes:
        return 0, withheld
    from noctule.indexer.model_notes.standing import standing

    try:
        ground = repository.reader.ground
        for claim in (claim for note in notes for claim in note.claims):
            if standing(claim, ground) is None:
                withheld[claim.kind] += 1
    except NoctuleError:
        return None, Counter()
    return sum(len(note.claims) for note in notes) - withheld.total(), withheld
