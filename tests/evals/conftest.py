"""A small repository with a past, and the commands of `noctule eval` run in this process."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from noctule.evals.commands.declare import declare
from noctule.lsp_server.cli.arguments import Parser
from noctule.lsp_server.cli.terminal import Terminal
from tests.repositories import Repository

BASKET = '''\
"""The basket of a customer."""

from shop.price import discounted


class Basket:
    """Holds articles until they are paid."""

    def __init__(self):
        self.articles = []

    def add(self, article):
        self.articles.append(article)

    def total(self, rate):
        """Sum up what the articles cost."""
        whole = sum(article.price for article in self.articles)
        return discounted(whole, rate)
'''
PRICE = '''\
"""Prices and what is taken off them."""

RATES = {"summer": 10, "winter": 20}


def discounted(amount, rate):
    """Take a rate off an amount."""
    return amount - amount * RATES[rate] / 100


def with_tax(amount):
    return amount * 1.19
'''
MAIL = '''\
"""Letters to customers."""


def receipt(basket):
    lines = [article.name for article in basket.articles]
    return "\\n".join(lines)
'''
TEST = """\
from shop.price import discounted


def test_discounted():
    assert discounted(100, "summer") == 90
"""


class Shop(Repository):
    """A shop whose history asks for changes; `fix` is the last commit and `base` its parent."""

    base: str
    fix: str

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.commit(
            "Sell things from a basket",
            {
                "shop/__init__.py": "",
                "shop/basket.py": BASKET,
                "shop/price.py": PRICE,
                "shop/mail.py": MAIL,
                "tests/test_price.py": TEST,
                "README.md": "# Shop\n",
            },
        )
        self.commit("Round the price with tax to cents", {"shop/price.py": PRICE.replace("* 1.19", "* 1.19 // 1")})
        self.commit("Write one article per line in letters", {"shop/mail.py": MAIL.replace("[article", "[ article")})
        self.commit("Say more in the README about how it works", {"README.md": "# Shop\n\nSells.\n"})
        self.base = self.commit(
            "Keep articles that cost nothing in the basket", {"shop/basket.py": BASKET.replace("[]", "list()")}
        )
        price = self.root.joinpath("shop/price.py").read_text()
        self.fix = self.commit(
            "The discount of an unknown season fails: take nothing off the amount then",
            {"shop/price.py": price.replace("RATES[rate]", "RATES.get(rate, 0)"), "tests/test_price.py": TEST + "\n"},
        )

    def patch(self, base: str, commit: str) -> str:
        return self.git("diff", base, commit) + "\n"


@pytest.fixture(scope="session")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop") / "acme__shop")


@pytest.fixture
def shop(_shop: Shop) -> Shop:
    """The shop; tests do not change it."""
    return _shop


@dataclass
class Ran:
    """What a command printed."""

    out: str
    err: str

    @property
    def said(self) -> str:
        """What stands on the screen, as if no line had been broken."""
        return " ".join(self.out.split())


@pytest.fixture
def evaluate() -> Callable[..., Ran]:
    """Run `noctule eval ...`; what goes wrong is raised."""

    def run(*args: str | Path, code: int = 0) -> Ran:
        parser = Parser(prog="noctule")
        declare(parser.add_subparsers())
        parsed: argparse.Namespace = parser.parse_args(["eval", *map(str, args)])
        out, err = io.StringIO(), io.StringIO()
        assert parsed.run(parsed, Terminal(out, err)) == code
        return Ran(out.getvalue(), err.getvalue())

    return run
