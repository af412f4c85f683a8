"""Names with bytes that are no text are spelled in one way everywhere, and understood when they are given back."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import Noctule
from tests.e2e.repositories import Repo

CODE = "def brew_coffee(cups):\n    return cups\n"
RAW = os.fsdecode(b"caf\xe9.py")


@pytest.mark.parametrize("folder", ["", os.fsdecode(b"d\xe9/")])
def test_a_name_of_odd_bytes_is_understood_as_it_is_printed(noctule: Noctule, shop: Repo, folder: str) -> None:
    shop.commit("Brew coffee", {f"{folder}{RAW}": CODE})
    shown = (r"d\xe9/" if folder else "") + r"caf\xe9.py"
    text = noctule.ok("context", shop.path, "--task", "brew_coffee should take sugar").out

    def subject(name: str) -> str:
        return str(noctule.json("notes", shop.path, name)["subject"])

    assert shown in text
    assert "udce9" not in text
    assert subject(shown) == subject(r"caf\xe9.py") == subject(f"{folder}{RAW}") == f"{folder}{RAW}"
    assert subject(f"{shown}:brew_coffee") == f"{folder}{RAW}:brew_coffee"
    assert noctule.json("predict", shop.path, shown)["given"] == [f"{folder}{RAW}"]
    assert noctule.ok("notes", shop.path, shown).out.startswith(f"{shown}  (file)\n")


@pytest.mark.parametrize("name", [RAW, os.fsdecode(b"d\xe9/__init__.py"), os.fsdecode(b"d\xe9/m\xe9.go")])
def test_a_name_of_odd_bytes_comes_and_goes_under_a_known_repository(noctule: Noctule, shop: Repo, name: str) -> None:
    noctule.ok("sleep", shop.path)
    shop.write(name, CODE)

    noctule.ok("sleep", shop.path)
    came = noctule.json("status", shop.path)["files"]
    (shop.path / name).unlink()
    noctule.ok("sleep", shop.path)

    assert noctule.json("status", shop.path)["files"] == came - 1


def test_an_unknown_name_of_odd_bytes_is_said_to_be_unknown(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)

    ran = noctule("notes", shop.path, os.fsdecode(b"shop/cart.py:\xe9add"))

    assert (ran.code, "no symbol" in ran.err, "unexpected" in ran.err) == (2, True, False)
