"""Files as users have them: Apple's rows and AIME's in their several forms; wrong lines are named."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from noctule.evals.errors import BadTaskFile
from noctule.evals.stateful.problem import Problem, is_bookkeeping, load, select


def write(file: Path, *rows: object) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


def apple(template: int, instance: int, **fields: Any) -> dict[str, Any]:
    text = f"Noor has {template} plums. She buys {instance}. How many has she?"
    answer = f"{template} + {instance} = ?\n#### {template + instance}"
    return {"id": template, "instance": instance, "question": text, "answer": answer, "original_id": 7, **fields}


def test_apples_rows_are_problems_of_their_templates(tmp_path: Path) -> None:
    file = write(tmp_path / "GSM_p2.jsonl.gz", apple(3, 0), apple(3, 1, answer="it is\n#### 4.0"))

    first, second = load([file], "gsm")

    assert first == Problem(
        "P2-3-0", "gsm", "P2", "P2-3", "Noor has 3 plums. She buys 0.", "How many has she?", Decimal(3)
    )
    assert (second.cluster, second.gold) == ("P2-3", Decimal(4))


def test_rows_of_a_contest_are_read_in_both_their_forms(tmp_path: Path) -> None:
    posed = r"The ratio is $\tfrac{m}{n}$, where $m$ and $n$ are coprime. Find $m+n$."
    file = write(
        tmp_path / "aime_2025.jsonl",
        {"id": "2025-I-1", "problem": posed, "answer": 70},
        {"question": "A square has side $4$. Find its area.", "answer": "016"},
        {"problem": "Find $2+2$.", "answer": "4", "context_poses_it": False},
    )

    one, two, three = load([file], "aime")

    assert (one.id, one.part, one.is_posed, one.gold) == ("2025-I-1", "2025", True, Decimal(70))
    assert (two.id, two.is_posed, two.gold, two.is_contest) == ("2025-2", False, Decimal(16), True)
    assert (three.context, three.is_posed) == ("", False)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Find $m+n$.", True),
        ("Find $p \\cdot a + q \\cdot b.$", True),
        ("What is $m+n+p$?", True),
        ("Find $xy$.", True),
        ("Find \\(Q+R\\).", True),
        ("Find $r^2+s^2$", True),
        ("Find the remainder when $N$ is divided by $1000.$", True),
        ("Find the remainder when $m + n$ is divided by 100.", True),
        ("Find the difference between $N$ and 2020.", True),
        ("Find the sum of these two values of $c$.", True),
        ("Find $AB\\cdot AC$.", False),
        ("Find the area of $ABC$.", False),
        ("Find the number of values of $N$ between 1 and 9.", False),
        ("Find the remainder when $\\prod_{k}(2-k)$ is divided by 1000.", False),
        ("How many are left?", False),
    ],
)
def test_bookkeeping_is_told_from_a_question(question: str, answer: bool) -> None:
    assert is_bookkeeping(question) is answer


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{broken", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ({"answer": "3"}, "it holds no text"),
        ({"question": "How many? "}, "its answer holds no number"),
        ({"question": "How many?", "answer": "#### many"}, "its answer holds no number"),
        (apple(1, 1), "P1-1-1 stands there twice"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: object, why: str) -> None:
    file = write(tmp_path / "GSM_p1.jsonl", apple(1, 1), line)

    with pytest.raises(BadTaskFile) as error:
        load([file], "gsm")

    assert f"{file}, line 2: {why}" in str(error.value)


def test_a_contest_takes_integers_alone_and_files_must_be_there(tmp_path: Path) -> None:
    for answer in ("1000", "2.5"):
        with pytest.raises(BadTaskFile, match="not an integer from 0 to 999"):
            load([write(tmp_path / "aime.jsonl", {"problem": "Find it.", "answer": answer})], "aime")
    for name, content in (("absent.jsonl", None), ("cut.jsonl.gz", gzip.compress(b"{}")[:9]), ("empty.jsonl", b"\n")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(BadTaskFile):
            load([tmp_path / name], "gsm")


def test_few_problems_are_spread_over_the_clusters_and_the_same_each_time(tmp_path: Path) -> None:
    problems = load([write(tmp_path / "p1.jsonl", *(apple(t, i) for t in range(6) for i in range(4)))], "gsm")

    chosen = select(problems, 2, None, seed=1)

    assert chosen == select(problems, 2, None, seed=1)
    assert len({p.id for p in chosen}) == 12
    assert len({p.cluster for p in chosen[:6]}) == 6
    assert select(problems, 2, 3, seed=1) == chosen[:3]
