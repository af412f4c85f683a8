"""Two repositories with a known truth: what changes together across them is found, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from noctule.indexer.history.joint_changes import DatedCommit, JointRules, find_joint_rules, find_tickets

DAY, HOUR = 86_400, 3_600
WORDS = ("invoice", "currency", "tenant", "webhook", "session", "quota", "refund", "address", "locale", "avatar")


def commit(time: int, author: str, terms: list[str], file: str, tickets: tuple[str, ...] = ()) -> DatedCommit:
    return DatedCommit(f"{file}@{time}", time, author, frozenset(terms), frozenset(tickets), frozenset({file}))


def two_repositories(seed: int, steps: int) -> tuple[list[DatedCommit], list[DatedCommit]]:
    """Make the commits of an API and of its client.

    `schema` and `types` change together in 92 of 100 cases, by one author; `routes` and `client` in 90, by two authors
    and for one ticket; `models` and `view` in 35. And one author is busy in both all day, with other things.
    """
    chance = random.Random(seed)
    api, client, time = [], [], 0
    for step in range(steps):
        time += chance.randrange(DAY, 4 * DAY)
        words, soon = chance.sample(WORDS, 3), time + chance.randrange(HOUR, 8 * HOUR)
        match chance.choice(("author", "ticket", "seldom", "busy", "busy")):
            case "author":
                api.append(commit(time, "ada", ["send", *words], "schema"))
                if chance.random() < 0.92:
                    client.append(commit(soon, "ada", ["show", *words], "types"))
            case "ticket":
                api.append(commit(time, "bob", ["route"], "routes", (f"PAY-{step}",)))
                if chance.random() < 0.9:
                    client.append(
                        commit(time + chance.randrange(DAY, 5 * DAY), "eve", ["call"], "client", (f"PAY-{step}",))
                    )
            case "seldom":
                api.append(commit(time, "ada", ["store", *words], "models"))
                if chance.random() < 0.35:
                    client.append(commit(soon, "ada", ["render", *words], "view"))
            case "busy":
                api.append(commit(time, "ada", ["tidy", words[0]], f"noise{chance.randrange(6)}"))
                client.append(commit(soon, "ada", ["polish", words[1], words[2]], "style"))
    return api, sorted(client, key=lambda one: one.time)


@pytest.mark.parametrize("seed", range(10))
def test_what_changes_together_is_told_with_how_often_it_came_true(seed: int) -> None:
    found = find_joint_rules(*two_repositories(seed, 400))

    assert {(rule.path, rule.other) for rule in found.rules} == {("schema", "types"), ("routes", "client")}
    assert all(0.75 <= rule.right / rule.trials <= 1 for rule in found.rules)
    assert 0.8 <= found.right / found.trials <= 1


def test_nothing_is_told_of_repositories_that_only_share_an_author() -> None:
    api, client = two_repositories(1, 400)
    busy = [one for one in api if one.files & {f"noise{number}" for number in range(6)}]

    found = find_joint_rules(busy, client)

    assert found.rules == ()


def test_what_came_true_in_the_past_alone_is_told_no_more() -> None:
    api, client = two_repositories(2, 400)
    last = client[len(client) // 2].time
    found = find_joint_rules(api, [one for one in client if one.time < last])

    assert found.rules == ()


def test_two_clones_of_one_repository_expect_nothing_of_each_other() -> None:
    api, _ = two_repositories(3, 400)

    assert find_joint_rules(api, api) == JointRules((), 0, 0)


def test_a_word_like_a_ticket_that_is_everywhere_is_none() -> None:
    def commits(author: str, file: str) -> Iterator[DatedCommit]:
        for step in range(60):
            yield commit(step * DAY, author, [], file, ("UTF-8",))

    assert find_joint_rules(list(commits("bob", "routes")), list(commits("eve", "client"))).rules == ()


def test_what_comes_long_after_the_last_commit_changes_nothing() -> None:
    api, client = two_repositories(4, 300)
    seen = api[:200]
    soon = [one for one in client if one.time <= seen[-1].time + 7 * DAY]

    assert find_joint_rules(seen, client) == find_joint_rules(seen, soon)


def test_tickets_are_names_that_mean_the_same_in_every_repository() -> None:
    said = "PAY-12: fix #7 as team/api#8 says, see https://example.org/team/web/-/issues/9 and x-1"

    assert find_tickets(said) == {"PAY-12", "team/api#8", "team/web#9"}
