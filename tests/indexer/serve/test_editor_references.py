"""What language servers of an editor say of uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from noctule.indexer.reports import ReferenceQuestion
from noctule.indexer.serve.editor_references import EditorReferences, find_references
from noctule.indexer.serve.repository import Repository
from tests import repositories

FILES: dict[str, str | bytes] = {
    "shop/cart.py": "\n\ndef total(cart):\n    return sum(cart)\n\n\ndef alone():\n    return 1\n",
    "shop/till.py": "from shop.cart import total\n\n\ndef pay(cart):\n    return total(cart)\n",
    "shop/list.py": "from shop.cart import total\n\n\ndef show(cart):\n    return total(cart)\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repositories.Repository(tmp_path / "repo").commit(files=FILES)
    found = Repository.open(tmp_path / "repo", cache=tmp_path / "cache")
    found.sleep()
    return found


def references(repository: Repository) -> EditorReferences:
    return find_references(repository.reader.ground)


def users(repository: Repository) -> list[str]:
    return [c.text for c in repository.notes("shop/cart.py:total").claims if c.kind == "users"]


def test_what_is_denied_is_withdrawn_until_one_of_the_files_changes(repository: Repository) -> None:
    asked = references(repository)
    assert asked.find_question(range(3)) == ReferenceQuestion("shop/cart.py:total", "shop/cart.py", 3, "total")

    asked.keep("shop/cart.py:total", {"shop/till.py", "shop/other.py"})

    assert asked.find_question(range(3)) is None
    assert users(repository) == ["Used by shop/till.py (pay)."]
    assert repository.status().editor == {"asked": 1, "confirmed": 1, "withdrawn": 1}

    file = repository.root / "shop/list.py"
    file.write_text(file.read_text() + "\n\ntotals = total([1])\n")
    repository.sleep()

    assert users(repository) == ["Used by shop/list.py (show) and shop/till.py (pay)."]
    assert repository.status().editor == {"asked": 1, "confirmed": 1, "withdrawn": 0}


def test_an_editor_that_finds_no_known_use_withdraws_none(repository: Repository) -> None:
    references(repository).keep("shop/cart.py:total", {"shop/cart.py"})
    references(repository).keep("shop/none.py:total", {"shop/till.py"})

    assert references(repository).find_question(range(3)) is None
    assert users(repository) == ["Used by shop/list.py (show) and shop/till.py (pay)."]
