"""Reviews of changes in real repositories: what was forgotten, what breaks, which tests to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noctule.indexer.errors import BadTask
from noctule.indexer.serve.repository import Repository
from tests.indexer.review.past import write_past
from tests.repositories import Repository as Made

PRICES = "def price(width, height):\n    return 3 * width * height\n\n\ndef discount(total):\n    return total // 10\n"
BILL = (
    "from shop.prices import discount, price\n\n\ndef bill(w, h):\n"
    "    total = price(w, h)\n    return total - discount(total)\n"
)
TEST = "from shop.prices import price\n\n\ndef test_a_price():\n    assert price(2, 2) == 12\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = Made(tmp_path_factory.mktemp("review") / "repo")
    files = {"shop/__init__.py": "", "shop/prices.py": PRICES, "shop/bill.py": BILL, "tests/test_prices.py": TEST}
    made.commit("Start", dict(files))
    write_past(made, 240)
    return made


@pytest.fixture(scope="module")
def cache(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    with Repository.open(made.root, cache=cache) as repository:
        repository.sleep()
    return cache


@pytest.fixture
def repository(made: Made, cache: Path) -> Iterator[Repository]:
    with Repository.open(made.root, cache=cache) as repository:
        yield repository
    made.git("reset", "-q", "--hard", "main")


def test_a_file_that_always_goes_along_is_missed_with_its_record(made: Made, repository: Repository) -> None:
    made.write("db/schema.sql", "-- new\n")

    review = repository.review()

    (finding,) = review.findings
    assert (finding.kind, finding.level, finding.path, finding.line) == ("forgotten", "warning", "db/migrate.sql", None)
    assert finding.subject == "db/schema.sql"
    assert "30 of the last 30 commits to db/schema.sql" in finding.message
    assert len(finding.commits) == 3
    assert review.record.precision >= 0.8
    assert review.withheld is None


def test_a_complete_change_lacks_nothing(made: Made, repository: Repository) -> None:
    made.write("db/schema.sql", "-- new\n")
    made.write("db/migrate.sql", "-- new\n")

    assert repository.review().findings == ()


def test_the_change_itself_is_not_taken_for_the_past(made: Made, cache: Path) -> None:
    base = made.git("rev-parse", "HEAD")
    made.commit("One half", {"db/schema.sql": "-- half\n"})
    with Repository.open(made.root, cache=cache) as repository:
        repository.sleep()
        found = repository.review(base, "HEAD").findings
    made.git("reset", "-q", "--hard", base)

    assert [finding.path for finding in found] == ["db/migrate.sql"]
    assert "30 of the last 30 commits" in found[0].message


def test_users_of_a_new_signature_and_of_what_is_gone_are_named(made: Made, repository: Repository) -> None:
    edited = PRICES.replace("def price(width, height)", "def price(width, height, tax)")
    made.write("shop/prices.py", edited.partition("\n\n\ndef discount")[0] + "\n")

    review = repository.review()

    said = [(f.kind, f.level, f.path, f.line) for f in review.findings]
    assert ("caller", "note", "shop/bill.py", 5) in said
    assert ("caller", "note", "tests/test_prices.py", 5) in said
    assert ("removed", "warning", "shop/bill.py", 6) in said
    assert [test.path for test in review.tests] == ["tests/test_prices.py"]
    assert review.tests[0].names == ("test_a_price",)


def test_a_body_alone_bothers_nobody_and_a_definition_that_moves_is_not_gone(
    made: Made, repository: Repository
) -> None:
    head, _, discount = PRICES.partition("\n\n\n")
    made.write("shop/prices.py", head.replace("3 *", "4 *") + "\n")
    made.write("shop/discounts.py", discount)

    review = repository.review()

    assert review.findings == ()
    assert review.tests[0].path == "tests/test_prices.py"


def test_what_is_staged_is_reviewed_apart_from_the_rest(made: Made, repository: Repository) -> None:
    made.write("db/schema.sql", "-- staged\n")
    made.git("add", "db/schema.sql")
    made.write("db/migrate.sql", "-- not staged\n")

    staged = repository.review(head="index")

    assert staged.files == ("db/schema.sql",)
    assert [finding.path for finding in staged.findings] == ["db/migrate.sql"]
    assert repository.review().findings == ()


def test_a_past_that_says_too_little_is_said_to(tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    made.commit("Start", {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    made.write("a.py", "x = 2\n")
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        review = repository.review()

    assert review.withheld is not None
    assert "no past change to try such hints on" in review.withheld
    assert review.findings == ()


def test_a_plain_folder_has_no_changes(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.py").write_text("x = 1\n")
    with Repository.open(tmp_path / "plain", cache=tmp_path / "cache") as repository:
        repository.sleep()
        with pytest.raises(BadTask, match="not a git repository"):
            repository.review()


def test_helpers_of_tests_are_not_run_and_their_users_are(tmp_path: Path) -> None:
    made = Made(tmp_path / "repo")
    files = {
        "shop/__init__.py": "",
        "shop/prices.py": PRICES,
        "tests/__init__.py": "",
        "tests/helper.py": "from shop.prices import price\n\n\ndef cheap():\n    return price(1, 1)\n",
        "tests/test_bill.py": "from tests.helper import cheap\n\n\ndef test_it():\n    assert cheap() == 3\n",
        "tests/app.py": "from shop.prices import price\n\ntesting = price\nraise ImportError\n",
        "tests/test_prices.py": TEST,
    }
    made.commit("Start", dict(files))
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        repository.sleep()
        made.write("shop/prices.py", PRICES.replace("3 *", "4 *"))
        of_source = {test.path for test in repository.review().tests}
    made.git("checkout", "-q", ".")
    made.write("tests/helper.py", files["tests/helper.py"].replace("1, 1", "1, 2"))
    with Repository.open(made.root, cache=tmp_path / "cache") as repository:
        of_helper = repository.review().tests

    assert of_source == {"tests/test_prices.py", "tests/test_bill.py"}
    assert [(test.path, test.reasons[0]) for test in of_helper] == [("tests/test_bill.py", "uses cheap")]
