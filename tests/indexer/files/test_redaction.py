from __future__ import annotations

import subprocess
import sys
import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noctule.indexer.files.redaction import WITHHELD, holds_secret, redacted
from noctule.indexer.tokens import count


def made_up(characters: str, length: int, seed: int = 7) -> str:
    """Return what looks like a token. None stands in this file: scanners of secrets read it too."""
    return "".join(Random(seed).choices(characters, k=length))


LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
MIXED = LOWER + LOWER[:26].upper()
HEX = "0123456789abcdef"
BEGIN, END = (f"-----{word} RSA PRIVATE " + "KEY-----" for word in ("BEGIN", "END"))

SECRETS = {
    "aws key": "key = '" + "AKIA" + made_up(MIXED.upper()[36:], 16) + "'",
    "aws secret": "aws_secret_access_key = " + made_up(MIXED + "/+", 40),
    "github": "curl -H 'Authorization: " + "ghp_" + made_up(MIXED, 36) + "'",
    "github, fine-grained": "github_pat_" + "1" + made_up(MIXED, 60),
    "gitlab": "glpat-" + "1" + made_up(MIXED, 19),
    "slack": "xoxb-" + "263594206564-" * 2 + made_up(LOWER, 24),
    "stripe": "sk_live_" + made_up(MIXED, 24),
    "openai": "sk-proj-" + "1" + made_up(MIXED, 47),
    "anthropic": "sk-ant-api03-" + made_up(MIXED, 80),
    "google": "AIza" + "1" + made_up(MIXED, 34),
    "pypi": "password: pypi-AgE" + "1" + made_up(MIXED, 60),
    "npm": "//registry.npmjs.org/:_authToken=" + "-".join(made_up(HEX, n) for n in (8, 4, 4, 4, 12)),
    "twilio": "SK" + made_up(HEX, 32),
    "json web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + made_up(MIXED, 43),
    "address": "postgres://admin:" + made_up(MIXED, 12) + "@db.example.com/shop",
    "password": 'connect(user="admin", password="' + made_up(LOWER, 6) + '1z9")',
    "private key": BEGIN,
    "body of a key": "    " + made_up(MIXED, 64),
}


@pytest.mark.parametrize("line", SECRETS.values(), ids=SECRETS)
def test_a_line_that_holds_a_secret_is_withheld_whole_and_costs_no_more(line: str) -> None:
    assert redacted(["before", line, "after it"]) == ["before", WITHHELD, "after it"]
    assert count(WITHHELD) <= count(line)


@pytest.mark.parametrize(
    "line",
    [
        "def login(user: str, password: str) -> Token:",
        'if token == "(" or token == "identifier":',
        "password = getpass.getpass('Password: ')",
        'secret = os.environ["STRIPE_SECRET_KEY_2"]',
        'password = "<your password 1>"',
        "https://github.com/psf/requests/issues/6710",
        "git@github.com:psf/requests.git",
        "    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  # of nothing",
        "commit 5e1c309c8f1ab9c3e0bd6e3a0e2ed9e7c0ef21b1",
        "from tests.lsp_server.lsp.test_note_documents_2 import made_up_repository",
        "~~~",
        "",
    ],
)
def test_ordinary_lines_are_left_as_they_are(line: str) -> None:
    assert redacted([line]) == [line]


def test_all_of_a_private_key_is_withheld_and_nothing_after_it() -> None:
    key = [f'KEY = """{BEGIN}', "Proc-Type: 4,ENCRYPTED", "", *[made_up(MIXED, 64, n) for n in range(3)], "abc=", END]

    assert redacted([*key, 'print("done")']) == [WITHHELD, *[""] * 7, 'print("done")']


def test_code_that_only_looks_for_a_key_stays_whole() -> None:
    assert redacted([f'if "{BEGIN}" in text:', "    raise Leak(text)"]) == [WITHHELD, "    raise Leak(text)"]


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([*SECRETS.values(), BEGIN, END, "abc", ""]))))
def test_as_many_lines_come_out_and_none_that_holds_a_secret(lines: list[str]) -> None:
    out = redacted(lines)

    assert len(out) == len(lines)
    assert not any(map(holds_secret, out))


@pytest.mark.parametrize(
    "unit", ["token ", "://a:", "aws ", "'=='", "a1_", "a", 'secret="', "passwordkey", BEGIN, "'secret'=="]
)
def test_a_megabyte_of_one_thing_is_judged_in_no_time(unit: str) -> None:
    line = unit * (1_000_000 // len(unit))
    started = time.process_time()

    redacted([line, line[:1999], BEGIN, line])

    assert time.process_time() - started < 20


def test_ordinary_lines_do_not_import_the_close_look() -> None:
    script = """
import sys
from noctule.indexer.files.redaction import redacted
redacted(["def total(lines: list[int]) -> int:", "    return sum(lines) + 2**16"])
assert not any(name.endswith("secret_scan.lines") for name in sys.modules)
"""

    subprocess.run([sys.executable, "-c", script], check=True)
