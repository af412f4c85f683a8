"""What a word on a line means: definitions, uses, imports; and when it is better not to guess."""

from __future__ import annotations

import pytest

from noctule.indexer.files.snapshot import with_buffers
from noctule.indexer.notes.at_position import find_subject
from noctule.indexer.serve.repository import Repository
from tests.repositories import Repository as Made

FILES = {
    "shop/__init__.py": "from .cart import Cart\n",
    "shop/cart.py": """\
from shop.money import cents, exchange as exchanged
from shop import money


class Cart:
    def total(self, items):
        # total of all items, in cents
        return cents(sum(items)) + self.extra()

    def extra(self):
        return money.fee


def total(cart):
    return cart.total([]) + cart.price_of_all()
""",
    "shop/money.py": "fee = 3\n\n\ndef cents(amount):\n    return amount\n\n\n"
    "def exchange(amount):\n    return amount\n",
    "shop/prices.py": "class Prices:\n    def price_of_all(self):\n        return 1\n\n"
    "    def extra(self):\n        return 2\n",
    "app.py": "from shop import Cart\n\n\ndef run(cents):\n    return Cart().total([cents])\n",
    "server/a.go": "package server\n\nfunc Listen() int {\n\treturn helper()\n}\n",
    "server/b.go": "package server\n\nfunc helper() int {\n\treturn 1\n}\n",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("pointed")
    made = Made(folder / "repo")
    made.commit("Start", FILES)
    repository = Repository.open(made.root, cache=folder / "cache")
    repository.sleep()
    return repository


def at(repository: Repository, path: str, text: str, word: str) -> str | None:
    """Point at a word on the first line that holds a text."""
    lines = FILES[path].split("\n")
    number = next(n for n, line in enumerate(lines) if text in line)
    column = lines[number].index(text) + text.index(word)
    return find_subject(repository.reader.ground, path, number, lines[number], column)


@pytest.mark.parametrize(
    ("path", "text", "word", "subject"),
    [
        ("shop/cart.py", "def total(self", "total", "shop/cart.py:Cart.total"),
        ("shop/cart.py", "def total(cart", "total", "shop/cart.py:total"),
        ("shop/cart.py", "import cents", "cents", "shop/money.py:cents"),
        ("shop/cart.py", "shop.money", "money", "shop/money.py"),
        ("shop/cart.py", "import money", "money", "shop/money.py"),
        ("shop/cart.py", "return cents", "cents", "shop/money.py:cents"),
        ("shop/cart.py", "money.fee", "money", "shop/money.py"),
        ("shop/cart.py", "self.extra", "extra", "shop/cart.py:Cart.extra"),
        ("shop/cart.py", "cart.price_of_all", "price_of_all", "shop/prices.py:Prices.price_of_all"),
        ("app.py", "import Cart", "Cart", "shop/cart.py:Cart"),
        ("app.py", "return Cart()", "Cart", "shop/cart.py:Cart"),
        ("server/a.go", "return helper", "helper", "server/b.go:helper"),
    ],
)
def test_a_word_means_what_it_is_bound_to(learned: Repository, path: str, text: str, word: str, subject: str) -> None:
    assert at(learned, path, text, word) == subject


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("shop/cart.py", "in cents", "cents"),  # a comment
        ("shop/cart.py", "return cents(", "return"),  # a keyword
        ("shop/cart.py", "sum(items)", "items"),  # a parameter
        ("app.py", "[cents]", "cents"),  # a parameter that is named like a function elsewhere
        ("shop/cart.py", "cart.total(", "total"),  # defined twice
        ("shop/cart.py", "from shop.money", "from"),
    ],
)
def test_nothing_is_said_where_it_is_not_clear_what_is_meant(
    learned: Repository, path: str, text: str, word: str
) -> None:
    assert at(learned, path, text, word) is None


def test_what_is_no_file_of_the_view_or_no_word_means_nothing(learned: Repository) -> None:
    ground = learned.reader.ground

    assert find_subject(ground, "nowhere.py", 0, "import cents", 8) is None
    assert find_subject(ground, "app.py", 0, "", 0) is None
    assert find_subject(ground, "app.py", 0, "from shop import Cart", 4_000) is None


def test_a_word_is_found_where_unsaved_lines_have_moved_it(learned: Repository) -> None:
    reader = learned.reader
    assert reader.live is not None
    moved = f"# one line more\n\n{FILES['shop/cart.py']}"

    reader.look(with_buffers(reader.live, {"shop/cart.py": moved.encode()}))
    found = find_subject(reader.ground, "shop/cart.py", 9, moved.split("\n")[9], moved.split("\n")[9].index("extra"))
    note = learned.notes("shop/money.py")

    (dependents,) = (claim for claim in note.claims if claim.kind == "dependents")
    assert found == "shop/cart.py:Cart.extra"
    assert [(e.start_line, e.moved_from) for e in dependents.evidence if e.path == "shop/cart.py"] == [(3, 1)]
    learned.refresh()
