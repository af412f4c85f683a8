"""Notes of a model stand the test of a repository's own past, at a commit that knows nothing of it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from noctule.indexer.files.text import line_hashes
from noctule.indexer.model_notes.gate import EXPECTED, read_verdict
from noctule.indexer.model_notes.store import KINDS, ModelNote, NoteStore, Proof, VerifiedClaim
from noctule.indexer.progress import OutOfTime, Work
from noctule.indexer.runtime import state
from noctule.indexer.serve.repository import Repository
from noctule.indexer.think import evaluate as replay
from noctule.indexer.think.evaluate import ReplayPlan, read_plan
from tests.e2e.repositories import Repo, make_shop


def work(deadline: float | None = None) -> Work:
    return Work(lambda _progress: None, deadline)


def send_all(_path: str) -> bool:
    return True


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_shop(tmp_path_factory.mktemp("replay") / "shop", commits=60)


@dataclass(frozen=True)
class Prepared:
    """What is known of a repository whose past is to be replayed, in a cache that each test copies, and the plan."""

    cache: Path
    plan: ReplayPlan


@pytest.fixture(scope="module")
def prepared(shop: Repo, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    cache = tmp_path_factory.mktemp("prepared") / "cache"
    with Repository.open(shop.path, cache=cache) as repository:
        repository.sleep()
        plan = replay.prepare(repository, "a model", send_all, work())
    assert plan is not None
    return Prepared(cache, plan)


@pytest.fixture
def repository(shop: Repo, prepared: Prepared, tmp_path: Path) -> Repository:
    shutil.copytree(prepared.cache, tmp_path / "cache")
    return Repository.open(shop.path, cache=tmp_path / "cache")


@pytest.fixture
def plan(prepared: Prepared) -> ReplayPlan:
    return prepared.plan


def note(
    shop: Repo, plan: ReplayPlan, path: str, claims: Sequence[tuple[str, str]], queries: Sequence[str], key: str = "k"
) -> ModelNote:
    """A note whose claims all rest on the first lines that a file has at the plan's base."""
    lines = tuple(line_hashes(shop.git("show", f"{plan.base}:{path}").encode())[:3])
    proven = tuple(VerifiedClaim(text, kind, (Proof(path, 0, lines),), 0.9) for kind, text in claims)
    given = {"model": "m", "checker": "m", "prompt": "1", "effort": "", "thoughts": 1}
    about = {"key": key, "subject": path, "subject_kind": "file", "revision": plan.base}
    return ModelNote(**about, claims=proven, queries=tuple(queries), at=1.0, tokens=10, dollars=0.0, **given)


def test_tasks_come_after_the_base_and_the_base_is_learned(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    later = shop.git("rev-list", f"{plan.base}..HEAD").split()

    assert len(plan.asked) >= 20
    assert set(plan.asked) <= set(later)
    assert "shop/cart.py" in plan.subjects
    assert read_plan(repository.folder) == plan
    assert Repository.open(shop.path, at=plan.base, cache=repository.folder.parent).knows()


def test_what_may_not_be_sent_is_no_subject(repository: Repository) -> None:
    plan = replay.prepare(repository, "a model", lambda path: not path.startswith("shop/"), work())

    assert plan is not None
    assert [path for path in plan.subjects if path.startswith("shop/")] == []


CART = "`Cart.total_price` takes the discount off all items of the cart, and leaves rounding to `round_half_up`."
SERVER = "`Listen` gives the shop on an address to the handlers that `checkoutHandler` stands among."
MAIL = "`send_invoice` writes the price to the customer without looking at the currency."


def real_notes(shop: Repo, plan: ReplayPlan) -> list[ModelNote]:
    """What a model might have said about three files."""
    told = {"shop/cart.py": CART, "server/server.go": SERVER, "shop/mail.py": MAIL}
    return [note(shop, plan, path, [("breaks", text)], (), path) for path, text in told.items()]


def test_what_names_what_was_changed_is_opened_and_served(shop: Repo, repository: Repository, plan: ReplayPlan) -> None:
    late = replace(note(shop, plan, "shop/money.py", [("breaks", CART)], (), "k2"), model="other", revision=shop.head())
    NoteStore(repository.folder).put(*real_notes(shop, plan), late)
    verdict = replay.run(repository, plan, work())
    served = [[c.by for c in repository.notes(path).claims if c.by] for path in ("shop/cart.py", "shop/money.py")]
    repository.refresh()

    assert verdict.open == {"breaks"}
    assert verdict == read_verdict(repository.folder)
    assert verdict.why["answer"].startswith("unknown: shown in 0 past tasks")
    assert "did not surely rank" in verdict.why[EXPECTED]
    assert verdict.kinds["breaks"]["shown"] >= 5
    assert verdict.kinds["breaks"]["named"] > verdict.kinds["breaks"]["nonsense"]
    assert set(verdict.figures) == {"as written", "masked"}
    assert (verdict.base, verdict.made_by, verdict.notes) == (plan.base, "a model", 3)
    assert verdict.authors == ("m, checked by m, prompts 1",)
    assert served == [["m"], []]


def nonsense(notes: Sequence[ModelNote], sort: str) -> list[ModelNote]:
    """Return notes whose claims are backwards, other subjects', or made of the words of all."""
    texts = [note.claims[0].text for note in notes]
    words = random.Random(7).sample(pool := " ".join(texts).split(), len(pool))
    made = {
        "backwards": [" ".join(reversed(text.split())) for text in texts],
        "of others": [*texts[1:], texts[0]],
        "mixed": [f"What {' '.join(words[at::3])} has." for at in range(3)],
    }[sort]
    return [replace(n, claims=(replace(n.claims[0], text=text),)) for n, text in zip(notes, made, strict=True)]


@pytest.mark.parametrize("sort", ["backwards", "of others", "mixed"])
def test_nonsense_opens_nothing(sort: str, shop: Repo, repository: Repository, plan: ReplayPlan) -> None:
    NoteStore(repository.folder).put(*nonsense(real_notes(shop, plan), sort))

    assert replay.run(repository, plan, work()).open == frozenset()


def test_notes_that_were_written_later_take_no_part(shop: Repo, repository: Repository, plan: ReplayPlan) -> None:
    late = replace(note(shop, plan, "shop/cart.py", [("purpose", "It holds the cart.")], ()), revision=shop.head())
    NoteStore(repository.folder).put(late)
    verdict = replay.run(repository, plan, work())

    assert verdict.notes == 0
    assert set(verdict.why) == set(KINDS)
    assert set(verdict.why.values()) == {"there are no notes to replay"}


def test_with_too_few_past_changes_nothing_is_opened_and_it_is_said_why(tmp_path: Path) -> None:
    few = make_shop(tmp_path / "few", commits=6)
    repository = Repository.open(few.path, cache=tmp_path / "cache")
    repository.sleep()

    assert replay.prepare(repository, "a model", send_all, work()) is None
    verdict = read_verdict(repository.folder)
    assert verdict.open == frozenset()
    assert verdict.was_given
    reasons = {why.partition(" past")[2] for why in verdict.why.values()}
    assert reasons == {" changes with a usable message, this repository has 5"}


def test_a_plain_folder_has_no_past_to_replay(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.py").write_text("def a(): ...\n")
    repository = Repository.open(tmp_path / "plain", cache=tmp_path / "cache")
    repository.sleep()

    assert replay.prepare(repository, "a model", send_all, work()) is None
    assert read_verdict(repository.folder).tasks == 0


def test_a_replay_without_time_leaves_the_verdict_as_it_was(
    shop: Repo, repository: Repository, plan: ReplayPlan
) -> None:
    NoteStore(repository.folder).put(note(shop, plan, "shop/cart.py", [("purpose", "It holds the cart.")], ()))

    with pytest.raises(OutOfTime):
        replay.run(repository, plan, work(deadline=0.0))

    assert not read_verdict(repository.folder).was_given


def test_a_torn_plan_is_no_plan(repository: Repository, plan: ReplayPlan) -> None:
    with state.transaction(repository.folder) as db:
        db.execute("UPDATE document SET content = ? WHERE name = 'replay'", (json.dumps({"base": plan.base})[:-3],))

    assert read_plan(repository.folder) is None
