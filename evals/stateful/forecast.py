"""How likely a question is, given its context: through a server that repeats a text with its probabilities.

Many servers answer without an error and wrongly: so nothing is believed before four checks. Where there are no scores,
cheaper figures stand in: how surprised a model of short word sequences is, and how much worse a text compresses.
"""

from __future__ import annotations

import math
import random
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from noctule.evals.errors import ModelFailed, NoScores
from noctule.evals.run_folder import Row
from noctule.evals.stateful.chat import Chat
from noctule.evals.stateful.experiment import RowStore
from noctule.evals.stateful.problem import Problem
from noctule.evals.stateful.request import Place
from noctule.indexer.llm.messages import TextScores

SCORED, PROXIES = "P echo", "P"
"""What rows of scores are called, and of what stands in for them."""
TRIED = 20
"""On so many questions the right one is held against one with its words shuffled."""
MOST_LUCK = 0.05
"""A server whose scores win more often by chance than this is not believed."""
_CACHE_SHARE, _UNIGRAM_SHARE, _BIGRAM_SHARE = 0.2, 0.3, 0.3


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """The sum of the logarithms of the probabilities of a question's tokens, and how many there are."""

    total: float
    tokens: int

    @property
    def mean(self) -> float:
        """The same for a token: the sum is mostly how long a question is."""
        return self.total / self.tokens if self.tokens else 0.0


def score_questions(problems: Sequence[Problem], chat: Chat, rows: RowStore) -> None:
    """Score each question, once the server has shown that it can. NoScores, RunError."""
    left = [problem for problem in problems if not rows.is_done(problem.id, SCORED)]
    if not left:
        return
    check_server(problems[:TRIED], chat)
    for problem in left:
        score = score_question(problem, problem.question, chat)
        answer = {"cluster": problem.cluster, "total": score.total, "tokens": score.tokens}
        rows.add(Row(problem.id, SCORED, "ok", answer=answer))


def record_proxies(problems: Sequence[Problem], rows: RowStore) -> None:
    """Write down what can be told without a model of how expected each question is. RunError."""
    surprises = surprise(problems)
    for problem in problems:
        if not rows.is_done(problem.id, PROXIES):
            told = surprises[problem.id]
            bits = compressed_bits(problem.context, problem.question)
            answer = {"cluster": problem.cluster, "total": told.total, "tokens": told.tokens, "bits": bits}
            rows.add(Row(problem.id, PROXIES, "ok", answer=answer))


def check_server(problems: Sequence[Problem], chat: Chat) -> None:
    """Make sure that right questions score higher than the same words in another order. NoScores."""
    draw = random.Random(0)
    won = 0
    for problem in problems:
        words = problem.question.split()
        draw.shuffle(words)
        right = score_question(problem, problem.question, chat)
        won += right.mean > score_question(problem, " ".join(words), chat).mean
    if _luck(won, len(problems)) > MOST_LUCK:
        raise NoScores(
            f"of {len(problems)} questions {won} are likelier than their words in another order, as chance may have it",
            "use a server that tells the probabilities of a prompt (docs/paper.md)",
        )


def _luck(won: int, tried: int) -> float:
    """Return how likely so many wins are where each is decided by chance."""
    return sum(math.comb(tried, at) for at in range(won, tried + 1)) / float(2**tried)


def score_question(problem: Problem, question: str, chat: Chat) -> QuestionScore:
    """Return the score of a question behind the context of a problem. NoScores, CapReached."""
    head = f"{problem.context}\n"
    place = Place(SCORED, problem.id, problem.cluster)
    try:
        told = chat.score(place, head + question)
    except ModelFailed as error:
        raise NoScores(str(error)) from error
    return read_scores(told, head, question)


def read_scores(told: TextScores, head: str, question: str) -> QuestionScore:
    """Return the score of the tokens of the question, once it is clear that they are those of the text. NoScores."""
    text = head + question
    tokens, logprobs = told.tokens, told.logprobs
    if len(tokens) < 2 or len(tokens) != len(logprobs):
        raise NoScores("the server scores only what it writes, not what it is sent")
    if logprobs[0] is not None:
        raise NoScores("the server gives the first token a probability, which nothing can have")
    if told.usage is not None and told.usage.read > 0 and len(tokens) not in {told.usage.read, told.usage.read + 1}:
        raise NoScores(f"the server scores {len(tokens)} tokens, and says that it read {told.usage.read}")
    if not "".join(tokens).startswith(text):
        raise NoScores("the tokens that the server scores are not those of the text")
    total, count, at = 0.0, 0, 0
    for token, logprob in zip(tokens, logprobs, strict=True):
        if len(head) <= at < len(text):
            if logprob is None or not math.isfinite(logprob) or logprob > 0:
                raise NoScores(f"the server says {logprob} for a token, which is no logarithm of a probability")
            total += logprob
            count += 1
        at += len(token)
    return QuestionScore(total, count)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text.lower())


class WordModel:
    """Words by the two before them, by one, alone, and by whether the context has them; fitted on other clusters."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._three: Counter[tuple[str, str, str]] = Counter()
        self._two: Counter[tuple[str, str]] = Counter()
        self._one: Counter[str] = Counter()
        for problem in problems:
            words = ["", "", *_words(problem.question)]
            self._one.update(words)
            self._two.update(pairwise(words))
            self._three.update(zip(words, words[1:], words[2:], strict=False))
        self._total = sum(self._one.values())

    def score(self, context: str, question: str) -> QuestionScore:
        """Return the score of a question behind its context."""
        cache = Counter(_words(context))
        most = max(sum(cache.values()), 1)
        words = ["", "", *_words(question)]
        total = 0.0
        for one, two, word in zip(words, words[1:], words[2:], strict=False):
            plain = (self._one[word] + 0.5) / (self._total + 0.5 * (len(self._one) + 1))
            pair = self._two[two, word] / max(self._one[two], 1)
            triple = self._three[one, two, word] / max(self._two[one, two], 1)
            rest = 1 - _CACHE_SHARE - _UNIGRAM_SHARE - _BIGRAM_SHARE
            shares = _CACHE_SHARE * cache[word] / most + _UNIGRAM_SHARE * plain + _BIGRAM_SHARE * pair + rest * triple
            total += math.log(shares)
        return QuestionScore(total, max(len(words) - 2, 1))


def surprise(problems: Sequence[Problem]) -> Mapping[str, QuestionScore]:
    """Score each question by the words of other clusters' questions and of its own context."""
    by_cluster: dict[str, list[Problem]] = {}
    for problem in problems:
        by_cluster.setdefault(problem.cluster, []).append(problem)
    found = {}
    for name, mine in by_cluster.items():
        model = WordModel([p for other, theirs in by_cluster.items() if other != name for p in theirs])
        found.update({p.id: model.score(p.context, p.question) for p in mine})
    return found


def compressed_bits(context: str, question: str) -> int:
    """Return how many bits more a context takes with its question than alone; for show."""
    alone, both = (len(zlib.compress(text.encode(), 9)) for text in (context, f"{context}\n{question}"))
    return 8 * (both - alone)
