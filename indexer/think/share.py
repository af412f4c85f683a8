"""Notes of a model as a file for a team: written without what may not leave the machine, read without believing it.

A line of JSON that says what this is, then one for each note. Whoever reads it proves each claim against the files that
he has, with hashes of his own; what cannot be proven, and what is no note, is left out piece by piece and counted. Such
a note counts as written at the moment when it was read, under a name and a key that say where it is from: nobody can
tell what its writer knew, who that was, and whether another model has checked it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from noctule.indexer.errors import BadTask, NoctuleError, UnknownSubject
from noctule.indexer.files.redaction import holds_secret
from noctule.indexer.llm.egress import EgressPolicy
from noctule.indexer.llm.reports import Exported, Imported
from noctule.indexer.llm.settings import EFFORTS, Choice
from noctule.indexer.model_notes.standing import find_span
from noctule.indexer.model_notes.store import Citation, DraftClaim, ModelNote, NoteStore, Proof, VerifiedClaim
from noctule.indexer.notes.subject import parse_subject
from noctule.indexer.notes.view_facts import ViewFacts
from noctule.indexer.results import IMPORTED
from noctule.indexer.runtime.scratch_file import replace_file
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think.claim_evidence import MOST_CITES
from noctule.indexer.think.claim_policy import policy_violation
from noctule.indexer.think.evidence import EvidenceSource
from noctule.indexer.think.refusal import RefusedClaim
from noctule.indexer.think.verify import verify

WHAT = "notes of a model"
SCHEMA = 1
MOST_BYTES = 64 << 20
LONGEST_LINE = 512 << 10
MOST_NOTES = 20_000
MOST_CLAIMS = 40
MOST_PROOFS = 40
MOST_QUERIES = 24
LONGEST_QUERY = 300
GONE = "the evidence is not here"
NO_NOTE = "not a note of a model"
KNOWN = "already here"
NO_SUBJECT = "the subject is not here"
NOTHING_LEFT = "none of its claims is left"
NOBODY = "nobody"
_KEY = re.compile(r"[0-9a-f]{16,128}")
_VERSION = re.compile(r"[\w.-]{1,40}", re.ASCII)


class BadBundle(BadTask):
    """The file is no bundle of notes; nothing was taken from it."""


def write(repository: Repository, choice: Choice, file: Path, version: str) -> Exported:
    """Write the notes that may be sent into a file, which is replaced as a whole. StoreError, BadBundle."""
    if file.exists() and not file.is_file():  # a device would be replaced by a file
        what = "a directory" if file.is_dir() else "a device or a pipe"
        raise BadBundle(f"{file} is {what}", "name a file to write the notes to")
    egress = EgressPolicy.of(choice, repository.look())
    left_out: Counter[str] = Counter()
    notes = [
        kept for note in NoteStore(repository.folder).notes() if (kept := _sendable(note, egress, left_out)) is not None
    ]
    head = {"noctule": WHAT, "schema": SCHEMA, "version": version}
    lines = [head, *(note.to_json() for note in sorted(notes, key=lambda note: (note.subject, note.key)))]
    try:
        replace_file(file, "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines).encode("ascii"))
    except OSError as error:
        why = error.strerror or str(error)
        raise BadBundle(f"cannot write {file}: {why}", "name a file in a folder that you may write to") from error
    return Exported(str(file), len(notes), sum(len(note.claims) for note in notes), dict(left_out))


def _sendable(note: ModelNote, egress: EgressPolicy, left_out: Counter[str]) -> ModelNote | None:
    """Return a note without claims that say or rest on what stays here, and without what it cost."""
    subject = note.subject.partition(":")[0]
    is_folder = not subject or any(path.startswith(f"{subject}/") for path in egress.files)
    if not is_folder and (why := egress.why_not(subject)):
        left_out[why] += len(note.claims) or 1
        return None
    claims = []
    for claim in note.claims:
        why = next((why for p in claim.proofs if p.path and (why := egress.why_not(p.path))), "")
        why = why or ("it may hold secrets" if holds_secret(claim.text) else "")
        if why:
            left_out[why] += 1
        else:
            claims.append(claim)
    queries = tuple(query for query in note.queries if not holds_secret(query))
    return (
        replace(note, claims=tuple(claims), queries=queries, tokens=0, dollars=0.0, refused={}, retracted=())
        if claims
        else None
    )


def read(repository: Repository, file: Path) -> Imported:
    """Take over the notes of a bundle, as far as they can be proven here. BadBundle, StoreError."""
    note_store = NoteStore(repository.folder)
    ground = repository.reader.ground
    live = repository.look()
    source = EvidenceSource(ground, EgressPolicy.of(Choice(), live))
    dropped: Counter[str] = Counter()
    notes = claims = 0
    known = {note.key for note in note_store.notes()}
    for line in _lines(file):
        note = _note(line)
        if note is None:
            dropped[NO_NOTE] += 1
            continue
        if note.key in known or (note := _as_imported(note)).key in known:
            dropped[KNOWN] += 1
            continue
        proven = _proven(note, repository, ground, source, live.revision, dropped)
        if proven is not None:
            note_store.put(proven)
            known.add(note.key)
            notes += 1
            claims += len(proven.claims)
    return Imported(str(file), notes, claims, dict(dropped))


def _lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a bundle behind its first. BadBundle."""
    advice = "name a file that 'noctule notes --export' wrote"
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_size > MOST_BYTES:
                raise BadBundle(f"{file} is too large for a file of notes", advice)
            first = next(filter(bytes.strip, iter(lambda: opened.readline(LONGEST_LINE), b"")), b"")
            head = _object(first)
            if head is not None and "note" in head:  # the notes as a store of an earlier version kept them
                yield from filter(bytes.strip, (first, *islice(opened, MOST_NOTES)))
                return
            if head is None or head.get("noctule") != WHAT:
                raise BadBundle(f"{file} is not a file of notes", advice)
            if head.get("schema") != SCHEMA:
                raise BadBundle(f"{file} was written by another version of noctule", "export it again")
            for _ in range(MOST_NOTES):
                line = opened.readline(LONGEST_LINE)
                if not line:
                    return
                if line.endswith(b"\n") or len(line) < LONGEST_LINE:
                    yield line
                    continue
                while (rest := opened.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield b""
    except OSError as error:
        raise BadBundle(f"cannot read {file}: {error.strerror or error}", advice) from error


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _note(line: bytes) -> ModelNote | None:
    """Return the note that a line holds; None where anything in it is not as our own would be."""
    written = _object(line)
    if written is None:
        return None
    try:
        note = ModelNote.from_json(written.get("note", written))
        Choice(think=note.model, check=note.checker)  # names of models, and no text for somebody to read
    except ValueError:
        return None
    sizes = (
        bool(note.model),  # a claim that nobody wrote would be served as one that was counted
        len(note.claims) <= MOST_CLAIMS,
        all(len(claim.proofs) <= MOST_PROOFS for claim in note.claims),
        _KEY.fullmatch(note.key) is not None,
        _VERSION.fullmatch(note.prompt) is not None,
        note.effort in EFFORTS,
        1 <= note.thoughts <= 100,
        len(note.subject) <= 1_000,
    )
    return note if all(sizes) else None


def _as_imported(note: ModelNote) -> ModelNote:
    """Return a note under the one author that imported notes have, and a key that none of ours has.

    A name that the file chooses could be that of an author whose notes the gate lets through, and a key that of a note
    that our own model is still to write.
    """
    key = hashlib.blake2b(f"{IMPORTED} {note.key}".encode(), digest_size=16).hexdigest()
    return replace(note, key=key, model=IMPORTED, checker=NOBODY, prompt=IMPORTED, effort="", thoughts=1)


def _proven(
    note: ModelNote,
    repository: Repository,
    ground: ViewFacts,
    source: EvidenceSource,
    revision: str | None,
    dropped: Counter[str],
) -> ModelNote | None:
    """Return a note with the claims that hold here, proven anew; None where none does."""
    try:
        subject = parse_subject(note.subject, ground, repository.root)
    except (UnknownSubject, NoctuleError, ValueError):
        dropped[NO_SUBJECT] += len(note.claims) or 1
        return None
    if subject.name != note.subject:
        dropped[NO_SUBJECT] += len(note.claims) or 1
        return None
    claims = []
    for claim in note.claims:
        cites = _locate(claim, ground)
        if cites is None:
            dropped[GONE] += 1
            continue
        answer = verify(DraftClaim(claim.text, claim.kind, cites, claim.confidence), source, note.subject)
        if isinstance(answer, RefusedClaim):
            dropped[answer.reason] += 1
        else:
            claims.append(replace(answer, votes=min(max(claim.votes, 1), note.thoughts)))
    if not claims:
        dropped[NOTHING_LEFT] += 1
        return None
    queries = tuple(query for query in note.queries[:MOST_QUERIES] if _is_query(query))
    return replace(
        note,
        subject_kind=subject.kind,
        claims=tuple(claims),
        queries=queries,
        revision=revision,
        at=min(max(note.at, 0.0), time.time()) if note.at == note.at else 0.0,
        tokens=0,
        dollars=0.0,
        refused={},
        retracted=(),
        imported=True,
    )


def _is_query(text: str) -> bool:
    return (
        0 < len(text) <= LONGEST_QUERY
        and text.isprintable()
        and policy_violation(text) not in ("link", "secret", "markup")
    )


def _locate(claim: VerifiedClaim, ground: ViewFacts) -> tuple[Citation, ...] | None:
    """Return where the lines stand here that a claim rests on; None where any of them does not."""
    found = [_place(proof, ground) for proof in claim.proofs]
    cites = tuple(dict.fromkeys(cited for cited in found if cited is not None))
    if not cites or len([c for c in found if c is not None]) < len(found):
        return None
    # Single lines are mostly those of names that the sentence mentions: the proof finds them again by itself.
    while len(cites) > MOST_CITES and any(_is_single(cited) for cited in cites):
        last = max(at for at, cited in enumerate(cites) if _is_single(cited))
        cites = (*cites[:last], *cites[last + 1 :])
    return cites


def _is_single(cited: Citation) -> bool:
    return not cited.commit and cited.stop - cited.start == 1


def _place(proof: Proof, ground: ViewFacts) -> Citation | None:
    if proof.commit:
        return Citation("", commit=proof.commit) if ground.has_commit(proof.commit) else None
    span = find_span(proof, ground)
    return Citation(proof.path, span.start, span.stop) if span is not None else None
