"""Real git repositories for the tests, made with git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.repositories import COMMIT, read_head

EPOCH = 1_700_000_000
COMMITS = 48
"""Fewer than the 50 from which a forecast is learned: that takes longer than all else in so small a repository."""
ENOUGH_COMMITS = 360
"""As many as a forecast needs to show that it is better than what is simple."""


@dataclass(frozen=True)
class Repo:
    """A git repository in a folder of the test's own."""

    path: Path

    @classmethod
    def make(cls, path: Path, *options: str) -> Repo:
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path)
        repo.git("init", "--quiet", "--initial-branch=main", *options)
        return repo

    def git(self, *args: str, ok: bool = True, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *args], cwd=self.path, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0 or not ok, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="surrogateescape")

    def write(self, path: str | bytes, content: str | bytes) -> None:
        target = self.path / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str, files: Mapping[str, str | bytes] | None = None) -> str:
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git(*COMMIT, message)
        return read_head(self.path) or self.head()

    def head(self, revision: str = "HEAD") -> str:
        return self.git("rev-parse", revision).strip()

    def listing(self) -> dict[str, tuple[int, int]]:
        """Return every file below the folder, git's own included, with its size and time."""
        found = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                stat = (Path(folder) / name).lstat()
                found[f"{folder}/{name}"] = (stat.st_size, stat.st_mtime_ns)
        return found


def import_history(path: Path, commits: list[tuple[str, dict[str, str]]]) -> Repo:
    """Make a repository of many commits (message, files written) in one git process."""
    repo = Repo.make(path)
    stream = bytearray()
    for number, (message, files) in enumerate(commits):
        text = message.encode()
        stream += b"commit refs/heads/main\n"
        stream += b"committer Ada <ada@example.org> %d +0000\n" % (EPOCH + number * 3600)
        stream += b"data %d\n%b\n" % (len(text), text)
        for name, content in files.items():
            data = content.encode()
            stream += b"M 100644 inline %b\ndata %d\n%b\n" % (name.encode(), len(data), data)
    repo.git("fast-import", "--quiet", stdin=bytes(stream))
    repo.git("reset", "--quiet", "--hard", "main")
    return repo


CART = '''"""The shopping cart."""

from shop.money import round_half_up


class Cart:
    """Items a customer means to buy."""

    def __init__(self) -> None:
        self.items = []

    def add(self, item, quantity=1):
        """Put an item into the cart."""
        self.items.append((item, quantity))

    def total_price(self, discount_percent=0):
        """Return the price of all items after the discount. Revision {n}."""
        total = sum(item.price * quantity for item, quantity in self.items)
        return round_half_up(total * (100 - discount_percent) / 100)
'''
MONEY = '''"""Amounts of money."""


def round_half_up(amount):
    """Round an amount to cents, half up. Revision {n}."""
    return int(amount * 100 + 0.5) / 100


def exchange(amount, currency_rate):
    """Convert an amount to another currency."""
    return round_half_up(amount * currency_rate)
'''
TEST_CART = '''from shop.cart import Cart


def test_total_price_takes_the_discount_off():
    """Revision {n}."""
    assert Cart().total_price(discount_percent=10) == 0
'''
MAIL = '''"""Letters to customers."""


def send_invoice(customer, cart):
    """Send an invoice by electronic mail. Revision {n}."""
    return f"Dear {customer}: {cart.total_price()}"
'''
SERVER = """// Package server answers requests over HTTP.
package server

import "net/http"

// Listen serves the shop on the given address. Revision {n}.
func Listen(address string) error {
	return http.ListenAndServe(address, nil)
}

// checkoutHandler takes the customer's payment.
func checkoutHandler(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}
"""
README = """# Shop

A small shop: a cart in Python and a server in Go.
"""

TOUCHED_TOGETHER = ("shop/cart.py", "tests/test_cart.py")


def make_shop(path: Path, commits: int = COMMITS) -> Repo:
    """Make a shop in Python and Go whose cart and cart test nearly always change together."""
    texts = {
        "shop/cart.py": CART,
        "shop/money.py": MONEY,
        "shop/mail.py": MAIL,
        "tests/test_cart.py": TEST_CART,
        "server/server.go": SERVER,
    }
    written = {name: text.replace("{n}", "0") for name, text in texts.items()}
    history = [("Open the shop", {**written, "README.md": README, "shop/__init__.py": ""})]
    for number in range(1, commits):
        match number % 4:
            case 0 | 2:
                message, names = f"Fix the discount of the cart, case {number}", TOUCHED_TOGETHER
            case 1:
                message, names = f"Listen on one more address, {number}", ("server/server.go",)
            case _:
                message, names = f"Word the invoice mail better, {number}", ("shop/mail.py",)
        if number % 20 == 7:
            message, names = f"Round money half up, {number}", ("shop/money.py",)
        history.append((message, {name: texts[name].replace("{n}", str(number)) for name in names}))
    return import_history(path, history)


def make_pair(path: Path) -> Repo:
    """Make a repository whose cart and cart test change together, all but once; most commits change other files."""
    commits: list[tuple[str, dict[str, str]]] = []
    for number in range(60):
        text = f"number = {number}\n"
        match number % 6:
            case 0:
                commits.append(("Carts", dict.fromkeys(TOUCHED_TOGETHER if number else TOUCHED_TOGETHER[:1], text)))
            case rest:
                commits.append(("More", {f"more/part_{rest}_{number % 4}.py": text}))
    return import_history(path, commits)


def make_wide(path: Path, files: int = 250, functions: int = 15) -> Repo:
    """Make a repository that takes a moment to learn: by default 1 s of processor time."""
    body = "\n".join(
        f'def step_{line}(value, scale={line}):\n    """Do step {line}."""\n    return helper_{line}(value) * scale\n'
        for line in range(functions)
    )
    texts = {f"package_{n % 10}/module_{n}.py": f"# module {n}\n{body}" for n in range(files)}
    return import_history(path, [("Write everything", texts), ("Say more", {"README.md": "More.\n"})])


def make_depot(path: Path) -> Repo:
    """Make a repository with more texts than a first look reads in full."""
    line = "    parcel = weigh(parcel, scale)\n"
    parcels = {f"depot/p{n}.py": f"def weigh_{n}(parcel, scale):\n" + line * 400 for n in range(60)}
    cart = "def total_price(cart, discount):\n    return sum(cart) - 2 * discount\n"
    return import_history(path, [("Weigh", parcels), ("Sell", {"shop/cart.py": cart})])
