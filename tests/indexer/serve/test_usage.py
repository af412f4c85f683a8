"""What faces write when they have answered, and what becomes of it in the ledger."""

from __future__ import annotations

from pathlib import Path

from noctule.indexer.background.planner import ledger_report, make_plan, note_expectation, queue_report, survey
from noctule.indexer.background.replaced_tokens import count_replaced_tokens, settle
from noctule.indexer.runtime import state
from noctule.indexer.runtime.budget import Limits
from noctule.indexer.runtime.ledger import Ledger, Records, Served
from noctule.indexer.serve.repository import Repository
from noctule.indexer.serve.usage import record_serving
from noctule.indexer.tokens import count
from tests.e2e.conftest import Known as KnownShop
from tests.e2e.conftest import Noctule, known, noctule, pristine_shop, shop
from tests.e2e.repositories import ENOUGH_COMMITS, Repo, make_shop

__all__ = ["known", "noctule", "pristine_shop", "shop"]  # the fixtures

TASK = "the discount of the cart is taken off twice in total_price"


def ledger_files(noctule: Noctule) -> list[Path]:
    return list(noctule.cache.rglob(f"{state.FILE}*"))


def records(noctule: Noctule, repo: Repo) -> Records:
    return Ledger(Repository.open(repo.path, cache=noctule.cache).folder).records()


def test_each_command_that_answers_writes_what_it_served(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("context", shop.path, "--task", TASK)
    noctule.ok("context", shop.path, "--task", TASK, "--json")
    noctule.ok("notes", shop.path, "shop/cart.py:Cart.add")
    noctule.ok("predict", shop.path, "--given", "shop/cart.py")

    served = records(noctule, shop).served

    assert [s.kind for s in served] == ["context", "context", "notes", "predict"]
    pack, _, note, forecast = served
    assert "shop/cart.py" in pack.files
    assert len(pack.stood_for) >= 1
    assert min(s.latency_ms for s in served) > 0
    assert (note.asked, forecast.asked) == (("shop/cart.py",), ("shop/cart.py",))
    assert not any(b"discount" in file.read_bytes() for file in ledger_files(noctule))


def test_a_question_about_the_past_is_no_sign_of_what_comes(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("context", shop.path, "--at", "HEAD~3", "--task", TASK)
    noctule.ok("notes", shop.path, "shop/cart.py", "--at", "HEAD~3")

    assert ledger_files(noctule) == []


def test_an_answer_is_served_though_the_ledger_cannot_be_written(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    Repository.open(shop.path, cache=noctule.cache).folder.joinpath(state.FILE).mkdir()

    ran = noctule.ok("context", shop.path, "--task", TASK)

    assert "shop/cart.py" in ran.out


def test_files_that_a_pack_stood_in_for_are_counted_as_they_were(noctule: Noctule, shop: Repo) -> None:
    shop.write("shop/cart.py", shop.path.joinpath("shop/cart.py").read_text() + "# not committed\n")
    shop.write("gone.py", "def total_price_of_discounts():\n    return 'cart'\n")
    noctule.ok("context", shop.path, "--task", TASK)
    repository = Repository.open(shop.path, cache=noctule.cache)
    pack = repository.context(TASK)
    texts = [shop.path.joinpath(path).read_text() for path in [file.path for file in pack.shown if file.lines]]

    assert count_replaced_tokens(repository) == 0

    context = ledger_report(repository).served["context"]
    assert (context.requests, context.counted) == (1, 1)
    assert context.stood_for_tokens == sum(map(count, texts))
    assert ledger_report(repository).estimated_saving.tokens == context.stood_for_tokens - context.tokens


def test_what_is_in_order_is_not_written_again(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("context", shop.path, "--task", TASK)
    repository = Repository.open(shop.path, cache=noctule.cache)
    settle(repository)
    before = Repo(repository.folder).listing()

    settle(repository)

    assert Repo(repository.folder).listing() == before
    assert ledger_report(repository).served["context"].counted == 1


def test_a_file_that_is_gone_before_it_is_counted_is_left_out_and_not_guessed(noctule: Noctule, shop: Repo) -> None:
    shop.write("gone.py", "def total_price_of_discounts():\n    return 'the discount of the cart, taken off twice'\n")
    noctule.ok("context", shop.path, "--task", "total_price_of_discounts")
    shop.path.joinpath("gone.py").unlink()
    repository = Repository.open(shop.path, cache=noctule.cache)

    assert count_replaced_tokens(repository) == 0

    context = ledger_report(repository).served["context"]
    assert (context.requests, context.counted, context.stood_for_tokens) == (1, 0, 0)
    assert count_replaced_tokens(repository) == 0


def test_each_answer_is_recorded(known: KnownShop, tmp_path: Path) -> None:
    repository = Repository.open(known.repo.path, cache=known.noctule.cache)
    pack = repository.context(TASK)
    before = (
        ledger_report(repository).served["context"].requests if "context" in ledger_report(repository).served else 0
    )

    assert all(record_serving(repository, pack, 1.0) for _ in range(20))

    assert ledger_report(repository).served["context"].requests == before + 20
    for file in repository.folder.glob(f"{state.FILE}*"):
        file.unlink()


# How a repository stands


def test_a_cold_repository_is_to_be_read_and_its_past_too(noctule: Noctule, shop: Repo) -> None:
    repository = Repository.open(shop.path, cache=noctule.cache)

    said = queue_report(repository, Limits())

    assert {job.kind for job in said.next} == {"parse", "history"}
    assert said.next[0].kind == "parse"


def test_a_known_repository_has_nothing_to_read_until_it_is_edited(noctule: Noctule, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "long", ENOUGH_COMMITS)
    noctule.ok("sleep", shop.path)
    repository = Repository.open(shop.path, cache=noctule.cache)
    shop.git("checkout", "-q", "-b", "fix/cart-discount")
    before, stands = make_plan(repository, Limits())
    shop.write("shop/cart.py", "x = 1\n")

    after, edited = make_plan(repository, Limits())

    assert {"parse", "refresh", "history"} & {job.kind for job in before.jobs} == set()
    assert (stands.state, stands.unread, stands.forecast) == ("complete", (), True)
    assert (after.jobs[0].kind, after.jobs[0].urgent, after.jobs[0].files) == ("refresh", True, ("shop/cart.py",))
    assert edited.dirty == ("shop/cart.py",)
    assert edited.tasks[0] == ("cart discount", "the branch fix/cart-discount")


def test_few_files_that_somebody_waits_for_are_planned_without_a_forecast(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    paths = [f"shop/part_{number}.py" for number in range(30)]
    for path in paths:
        shop.write(path, f"def {Path(path).stem}():\n    return 1\n")
    repository = Repository.open(shop.path, cache=noctule.cache)

    plan, stands = make_plan(repository, Limits(), urgent=True)
    whole, forecast = make_plan(repository, Limits())

    (reading,) = plan.jobs
    assert (reading.kind, sorted(reading.files)) == ("parse", sorted(paths))
    assert sorted(whole.jobs[0].files) == sorted(reading.files)
    assert (dict(stands.chances), stands.commits, stands.tasks) == ({}, 0, ())
    assert forecast.commits > 0


def test_enough_commits_make_a_fit_due(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    for number in range(50):
        shop.commit(f"More {number}", {"shop/money.py": f"x = {number}\n"})
    repository = Repository.open(shop.path, cache=noctule.cache)

    known = survey(repository)

    assert (known.commits_unread, known.commits_since_fit) == (50, 50)
    (history,) = [job for job in make_plan(repository, Limits())[0].jobs if job.kind == "history"]
    assert history.reason == "50 commits not read yet; the forecast is updated again after 50 commits"


def test_a_repository_without_a_commit_has_no_past_to_think_about(noctule: Noctule, tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "empty")
    repo.write("a.py", "x = 1\n")

    said = queue_report(Repository.open(repo.path, cache=noctule.cache), Limits())

    assert {job.kind for job in said.next} == {"parse"}


def test_a_plain_folder_can_be_thought_about_too(noctule: Noctule, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")

    said = queue_report(Repository.open(folder, cache=noctule.cache), Limits())

    assert (said.revision, {job.kind for job in said.next}) == (None, {"parse"})


def test_an_expectation_is_written_once_until_it_changes(noctule: Noctule, shop: Repo) -> None:
    noctule.ok("sleep", shop.path)
    repository = Repository.open(shop.path, cache=noctule.cache)
    ledger = Ledger(repository.folder)
    for _ in range(2):
        note_expectation(repository, survey(repository))

    (expected,) = ledger.records().predicted

    assert set(expected.files[:2]) == {"shop/cart.py", "tests/test_cart.py"}
    ledger.add(Served("notes", 1, 1.0, ("shop/cart.py",), ("shop/cart.py",)))
    assert ledger_report(repository).predictability.expected_asks == 1
