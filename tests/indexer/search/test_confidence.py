"""Whether a task is about this repository, and how likely what is ranked is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from noctule.indexer.search import ranking
from noctule.indexer.search.confidence import (
    HEADLINE,
    definition_probabilities,
    estimate_first,
    file_probabilities,
    measure_ranking,
)
from noctule.indexer.search.query import read
from noctule.indexer.search.small_talk import is_small_talk
from noctule.indexer.serve.repository import Repository

ROOT = Path(__file__).resolve().parents[3]
OFF_TOPIC = [
    "hello, how are you today?",
    "what is the weather like in Berlin tomorrow?",
    "write me a poem about the sea",
    "thank you!",
    "translate good night into French",
    "who won the world cup in 2018?",
    "recommend me a laptop under 800 euros",
    "Guten Morgen, wie geht es dir?",
    "what should I cook tonight with eggs and spinach?",
    "plan a trip to Japan for two weeks",
]
ON_TOPIC = [
    "find_secrets should know tokens of one more vendor",
    "DayBudget counts a job twice when the clock goes back",
    "noctule predict prints a wrong chance where files are given",
    "the resolver misses a member of a Java enum",
    "redact leaves the last line of a private key",
]

FOREIGN = [
    "the tooltip of a stacked bar chart is cut off at the right edge",
    "fetchUser ignores the abort signal of its caller",
    "Interpolate keyframes of quaternions along the shorter arc",
    "shipping costs are added twice when a coupon is removed from the basket",
    "Bluetooth pairing fails after the phone was locked",
    "zoom level is lost when the map is rotated",
    "WebSocket upgrade drops the subprotocol header behind nginx",
    "support gradients with more than two stops in the canvas renderer",
    "mouse wheel scrolls the page instead of the carousel",
    "Kalman filter diverges for tiny covariances",
]

FOREIGN_ISSUES = [
    """Pinch zoom drifts on trackpads

`handleGesture` multiplies `viewportScale` by `event.scale` of each event, although that is cumulative. After three
gestures the canvas is at `MAX_ZOOM`. Remember `gestureBase` in `onGestureStart` and clamp in `applyTransform`; the
minimap has the same flaw.""",
    """Invoices round VAT per line

`InvoiceLine.netTotal` rounds each position, so `calculateVat()` differs by cents from the sum that the customer was
shown. Round once in `Invoice.grandTotal`, with `RoundingMode.HALF_EVEN`, and keep the unrounded amounts in
`LedgerEntry`.""",
    """Sitemap misses translated slugs

Pages whose locale falls back to English are listed twice, others never. `SitemapBuilder` asks the router for
canonical URLs before the slugs are translated. Emit hreflang alternates for each locale, and skip drafts that an
editor has unpublished.""",
    """Camera permission is asked twice on Android

`CameraFragment.onResume` requests the permission again while the dialog of the first request is shown. Remember the
pending request in the view model, and ignore `onRequestPermissionsResult` with empty grants. Tablets with two lenses
open the wrong preview afterwards.""",
]
OWN_ISSUES = [
    """Small talk with code in it is answered with silence

`is_small_talk` says yes to "stop()", because no word of it carries a meaning. Whoever writes a call means code. The
pattern for code in the text should be looked at before the words are, and a text of nothing but punctuation is no small
talk either. A greeting in another script is one, though.""",
    """A definition is said to be likelier than its file

`definition_probabilities` raises the shares of several definitions, so one of them may end above the probability of
the file that holds it. A reader of the pack sees 0.71 beside a file of 0.64. Bound what is said of each by its file,
and keep the order in which they were ranked.""",
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Return the source of the product itself, without its history."""
    import shutil

    folder = tmp_path_factory.mktemp("confidence")
    left_out = shutil.ignore_patterns("__pycache__", "small_talk.py")  # a list of greetings is about greetings
    for name in ("indexer", "lsp_server", "docs"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=left_out)
    repository = Repository.open(folder / "source", cache=folder / "cache")
    repository.sleep()
    return repository


def test_small_talk_is_met_with_silence_and_tasks_are_not(here: Repository) -> None:
    silent = [task for task in OFF_TOPIC if here.context(task).abstained]
    answered = [task for task in ON_TOPIC if not here.context(task).abstained]

    assert len(silent) >= 9
    assert len(answered) == len(ON_TOPIC)


@pytest.mark.parametrize(
    "said", ["hello", "hi there!", "Thanks, looks good", "ok", "okay, continue", "no, stop", "wait a moment please"]
)
def test_a_greeting_is_met_with_silence_though_files_have_its_words(here: Repository, said: str) -> None:
    assert here.context(said).abstained


@pytest.mark.parametrize("code", ["`wait`", "stop()", "time.perf_counter"])
def test_code_that_reads_like_small_talk_is_none(code: str) -> None:
    assert not is_small_talk(code)


def test_a_task_that_one_file_alone_fits_is_answered_surer_than_one_that_many_fit(here: Repository) -> None:
    narrow = here.context("redact leaves the last line of a private key").files
    wide = here.context("the name of a file is written wrongly in some lines of the text").files

    assert narrow[0].probability > wide[0].probability
    assert narrow[0].probability - narrow[1].probability > wide[0].probability - wide[1].probability


def test_no_definition_is_likelier_than_its_file(here: Repository) -> None:
    pack = here.context("redact leaves the last line of a private key")

    chances = {file.path: file.probability for file in pack.files}
    assert all(0 <= chance <= 1 for chance in chances.values())
    assert sorted(chances.values(), reverse=True)[0] == pack.files[0].probability
    assert all(symbol.probability <= chances[symbol.path] for symbol in pack.symbols if symbol.path in chances)


def test_two_definitions_that_are_as_likely_are_more_likely_than_half_of_their_file() -> None:
    first, second = definition_probabilities([1.0, 1.0], [0, 0], [0.8])

    assert first == second
    assert 0.4 < first < 0.8


def test_files_after_the_first_are_more_likely_together_than_what_it_leaves() -> None:
    first, *others = file_probabilities(np.array([3.0, 2.0, 2.0, 2.0], np.float32), 0.7)

    assert first == 0.7
    assert others[0] == others[1] == others[2]
    assert 0.1 < others[0] < 0.3
    assert sum(others) > 0.3


def test_a_title_that_begins_with_a_part_of_the_project_makes_a_first_line_less_sure() -> None:
    plain = dict.fromkeys(HEADLINE, 0.0) | {"one": 1.0, "score of the first file": 1.0}
    scoped = plain | {"names a part of the project": 1.0}

    less, more = (estimate_first(features, ranking.HEADLINE_WEIGHTS) for features in (scoped, plain))

    assert 0 < less < more - 0.05


def test_doubt_that_a_task_is_about_the_repository_makes_a_first_line_less_sure() -> None:
    sure = dict.fromkeys(HEADLINE, 0.0) | {"one": 1.0, "score of the first file": 1.5}
    doubtful = sure | {"doubt": 1.0}

    less, more = (estimate_first(features, ranking.HEADLINE_WEIGHTS) for features in (doubtful, sure))

    assert 0 < less < more - 0.15


def test_tasks_of_other_repositories_are_met_with_silence_or_doubt(here: Repository) -> None:
    packs = [here.context(task) for task in FOREIGN]

    assert sum(pack.abstained for pack in packs) >= len(FOREIGN) - 3
    assert all(pack.abstained or pack.files[0].probability < 0.5 for pack in packs)


def test_what_would_be_answered_is_never_screened_out_and_most_of_the_rest_is(here: Repository) -> None:
    reader = here.reader
    texts = [*ON_TOPIC, *OFF_TOPIC, *FOREIGN]
    tasks = [read(text) for text in texts]

    screened = [reader.screen(text, task) for text, task in zip(texts, tasks, strict=True)]

    found = [reader.rank(text, task) for text, task in zip(texts, tasks, strict=True)]
    assert not [text for text, words, one in zip(texts, screened, found, strict=True) if one.is_about and words is None]
    assert screened[len(ON_TOPIC) :].count(None) > len(OFF_TOPIC + FOREIGN) / 2
    again = reader.rank(texts[0], tasks[0], screened[0])
    assert (again.about, again.likely) == (found[0].about, found[0].likely)


def test_probabilities_of_nothing() -> None:
    assert file_probabilities(np.empty(0, np.float32), 0.5) == []
    assert file_probabilities(np.array([-np.inf], np.float32), 0.5) == [0.0]
    assert definition_probabilities([], [], []) == []


def test_issues_of_other_repositories_are_met_with_silence_though_they_are_long(here: Repository) -> None:
    assert all(here.context(issue).abstained for issue in FOREIGN_ISSUES)
    assert not any(here.context(issue).abstained for issue in OWN_ISSUES)


def test_a_first_file_is_less_sure_where_a_definition_elsewhere_says_more_of_the_task() -> None:
    names = ("unit prose", "is code", "is test", "is docs", "churn 100")
    scores = np.array([3.0, 1.0, 0.0], np.float32)
    values = np.array([[0.6, 0.9, 1.0], [1, 1, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0]], np.float32)
    agreed = values.copy()
    agreed[0] = [0.9, 0.6, 1.0]  # a test says more of it, which does not count

    of_both = [measure_ranking(scores, names, each)["another file says more"] for each in (values, agreed)]
    plain = dict.fromkeys(HEADLINE, 0.0) | {"one": 1.0, "score of the first file": 1.5}
    less, more = (estimate_first(plain | {"another file says more": one}, ranking.HEADLINE_WEIGHTS) for one in of_both)

    assert of_both == [1.0, 0.0]
    assert less < more - 0.05
