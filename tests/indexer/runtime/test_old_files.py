"""Files of earlier versions, as those wrote them, are taken over once, through kills and beside an old process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from noctule.indexer.llm.audit_log import AuditLog
from noctule.indexer.llm.reply_cache import ReplyCache
from noctule.indexer.llm.reports import Sent
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.spending import SpendingLimit, Today
from noctule.indexer.model_notes.gate import read_verdict
from noctule.indexer.model_notes.recall import Recall
from noctule.indexer.model_notes.store import ModelNote, NoteStore
from noctule.indexer.runtime import old_files, state
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.ledger import Changed, Counted, Ledger, Spent, format_day
from noctule.indexer.terms import split_terms
from noctule.indexer.think.evaluate import ReplayPlan, read_plan
from noctule.lsp_server.dismissed import read_dismissed
from noctule.lsp_server.hooks.session_log import SessionLog
from tests.patience import PATIENCE_S

# As version 0.1 wrote it, byte for byte.
NOTE = (
    '{"note":{"key":"k1","subject":"a.py","subject_kind":"file","claims":[{"text":"`a` calls `b`.","kind":"invariant",'
    '"proofs":[{"path":"a.py","start":3,"lines":[1,2],"commit":""}],"confidence":0.75,"votes":2}],'
    '"queries":["how is the invoice total rounded?"],'
    '"model":"openai/gpt","checker":"openai/mini","prompt":"1","effort":"low",'
    '"thoughts":2,"revision":"eeee","at":17.5,"tokens":1200,"dollars":0.0125,"refused":{"no evidence":2}}}'
)
NOTES = f"""
{NOTE}

{NOTE.replace('"k1"', '"k2"')}

{{"drop":"k2","why":"it does not pay"}}

{NOTE.replace('"k1"', '"k3"').replace("a.py", "b?.py").replace("?", chr(92) + "udcff")}

{{"note":{{"key":"torn","subj"""
ASKED = set(split_terms("how is the invoice total rounded?"))
GATE = (
    '{"open": ["purpose"], "why": {"answer": "costs"}, "tasks": 31, "at": 17.5, "figures": {}, "kinds": {}, '
    '"dropped": {}, "base": "b", "upto": "c", "made_by": "m", "notes": 8, "authors": null}'
)
REPLAY = '{"base": "b", "upto": "c", "asked": ["d", "e"], "subjects": ["a.py"], "made_by": "m", "at": 1.5}'
MONTH = """
{"record":"spent","kind":"parse","subject":"part 1","outcome":"began","pid":7,"at":1790000000.0}

{"record":"changed","files":["a.py","b\\udcff.py"],"at":1790000001.0}

{"record":"spent","kind":"par
{"record":"counted","blobs":{"aa":5},"at":1790000002.0}
"""
FOLDED = '{"files": ["2026-05.123.aside"], "sums": {"2026-05": {"spent": {"parse": {"jobs": 3}}}}}'
SPENT = """{"reserve": "r1", "repository": "shop-1", "job": "job", "tokens": 4000, "dollars": 0.125, "at": 1.0}
{"reserve": "r2", "repository": "shop-1", "job": "job", "tokens": 100, "dollars": null, "at": 2.0}
{"settle": "r1", "tokens": 50, "dollars": 0.0625}
{"settle": "r1", "tokens": 1, "dollars": 0}
{"settle": "unknown", "tokens": 1, "dollars": 1}
[]
{"reserve": {}, "repository": [], "job": 1, "tokens": 1, "dollars": 1, "at": 1}
{"reserve": "torn", "rep"""
SENT = Sent(17.5, "host", "openai/gpt", "note", "a.py", 10, "0" * 32, ("a.py", "b.py"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a store, as an earlier version left it."""
    folder = tmp_path / "shop-1"
    job = "35c5f2dc2eed8ac0f9ebdd3c"  # blake2b of "job"
    written = {
        "thoughts/notes.jsonl": NOTES,
        "thoughts/gate.json": GATE,
        "thoughts/replay.json": REPLAY,
        "thoughts/cards.json": '{"schema": 1}\n[]\n',
        "ledger/2026-09.jsonl": MONTH,
        "ledger/2026-05.123.aside": MONTH,
        "ledger/folded.json": FOLDED,
        "sent/2026-09.jsonl": json.dumps(SENT.to_json()) + '\n{"torn',
        f"replies/{ReplyCache(folder, 'job')._job}/abc-1.json": '{"text": "yes"}',
        f"replies/{job}/torn.123": '{"text',
        "told/5e884898da28047151d0e56f.json": '{"pack": true, "hints": [["a.py", "b.py"]]}',
        "silenced.json": '[["a.py", "b.py"], ["c.py", "d\\udcff.py"]]',
    }
    for name, content in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def taken(folder: Path) -> None:
    with state.transaction(folder):
        pass


def test_notes_of_models_are_taken_over(folder: Path) -> None:
    notes = NoteStore(folder)

    assert {note.key: note.subject for note in notes.notes()} == {"k1": "a.py", "k3": "b\udcff.py"}
    assert notes.get("k1") == ModelNote.from_json(json.loads(NOTE)["note"])
    assert notes.dropped() == {"k2": "it does not pay"}


def test_notes_that_were_taken_over_are_found_by_their_queries_before_and_after_they_are_indexed(folder: Path) -> None:
    taken(folder)
    found = [Recall(state.StateReader(folder), "all")._expecting(ASKED)]
    NoteStore(folder).update_index()
    found.append(Recall(state.StateReader(folder), "all")._expecting(ASKED))

    assert found[0] == found[1] != {}
    assert set(found[0].values()) == {"a.py"}


def test_the_verdict_and_the_plan_of_a_replay_are_taken_over(folder: Path) -> None:
    kept = {name: value for name, value in json.loads(GATE).items() if name != "dropped"}  # nothing is dropped now
    assert read_verdict(folder).told() == {**kept, "authors": None, "open": ["purpose"]}
    assert read_plan(folder) == ReplayPlan("b", "c", ("d", "e"), ("a.py",), "m", 1.5)


def test_the_ledger_is_taken_over_and_what_was_folded_is_not_counted_twice(folder: Path) -> None:
    records = Ledger(folder).records()

    assert records.spent == (Spent("parse", "part 1", "began", pid=7, at=1.79e9),)
    assert records.changed == (Changed(("a.py", "b\udcff.py"), 1.79e9 + 1),)
    assert (records.counted, records.sums) == (
        Counted({"aa": 5}).blobs,
        {"2026-05": {"spent": {"parse": {"jobs": 3}}}},
    )


def test_what_was_sent_is_taken_over(folder: Path) -> None:
    assert AuditLog(folder).read() == (SENT,)


def test_replies_are_taken_over_and_go_with_their_age(folder: Path) -> None:
    assert ReplyCache(folder, "job").get("abc-1") == {"text": "yes"}
    assert len(state.rows(folder, "SELECT 1 FROM reply")) == 1


def test_hints_and_sessions_are_taken_over(folder: Path) -> None:
    log = SessionLog(folder, "password")

    assert read_dismissed(folder) == {("a.py", "b.py"), ("c.py", "d\udcff.py")}
    assert log.hints == {("a.py", "b.py")}


def test_spending_is_taken_over_at_its_most_where_it_was_not_settled(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    today = format_day(time.time())
    (tmp_path / "models" / f"spent-{today}.jsonl").write_text(SPENT)
    spending = SpendingLimit(tmp_path, Choice(think="openai/played"), "shop-1", Limits())

    assert spending.today(everywhere=True) == Today(150, 0.0625, 2, 1, 1)
    assert [path.name for path in (tmp_path / "models").iterdir() if state.FILE not in path.name] == []


def test_nothing_is_left_of_the_old_files_and_nothing_is_taken_twice(folder: Path) -> None:
    taken(folder)
    left = sorted(path.name for path in folder.iterdir())
    taken(folder)

    assert [name for name in left if not name.startswith(state.FILE)] == []
    assert len(Ledger(folder).records().spent) == 1


def test_an_old_process_that_goes_on_writing_loses_nothing(folder: Path) -> None:
    taken(folder)
    NoteStore(folder).update_index()
    for name, content in (("ledger/2026-10.jsonl", MONTH), ("thoughts/notes.jsonl", NOTES.replace("k1", "k9"))):
        (folder / name).parent.mkdir()
        (folder / name).write_text(content)

    assert len(Ledger(folder).records().spent) == 2
    assert {note.key for note in NoteStore(folder).notes()} == {"k1", "k3", "k9"}
    assert Recall(state.StateReader(folder), "all")._expecting(ASKED) != {}


@pytest.mark.parametrize("place", ["json.loads", "shutil.rmtree", "Path.unlink"])
def test_a_kill_on_the_way_loses_nothing_and_counts_nothing_twice(folder: Path, place: str) -> None:
    script = (
        "import json, os, shutil, sys; from pathlib import Path; from noctule.indexer.runtime import state\n"
        "before = json.loads; seen = []\n"
        "def die(*given, **named):\n"
        "    seen.append(given)\n"
        f"    if {place!r} != 'json.loads' or len(seen) > 3: os.kill(os.getpid(), 9)\n"
        "    return before(*given, **named)\n"
        f"{place} = die\n"
        "with state.transaction(Path(sys.argv[1])): pass"
    )
    assert subprocess.run([sys.executable, "-c", script, str(folder)], check=False).returncode == -9

    assert {note.key for note in NoteStore(folder).notes()} == {"k1", "k3"}
    assert len(Ledger(folder).records().spent) == 1
    assert len(read_dismissed(folder)) == 2
    assert [path.name for path in folder.iterdir() if not path.name.startswith(state.FILE)] == []


def test_processes_that_take_over_at_once_count_nothing_twice(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from noctule.indexer.runtime import state\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "with state.transaction(Path(sys.argv[1])): pass"
    )
    command = [sys.executable, "-c", script, str(folder)]
    racing = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in racing:
        assert process.stdout is not None
        process.stdout.readline()
    for process in racing:
        process.communicate("go\n", timeout=PATIENCE_S)
        assert process.returncode == 0

    assert len(Ledger(folder).records().spent) == 1
    assert len(AuditLog(folder).read()) == 1


def test_what_cannot_be_read_now_is_left_for_another_time(folder: Path) -> None:
    if os.geteuid() == 0:
        (folder / "sent" / "2026-08.jsonl").mkdir()  # reading it fails for everyone
    else:
        (folder / "sent" / "2026-09.jsonl").chmod(0)
    taken(folder)
    (aside,) = folder.glob(f"sent*{old_files.ASIDE}")

    assert (aside / "2026-09.jsonl").exists()
    assert AuditLog(folder).read() == ()
