"""A subject in, a note of which every sentence is proven out, or none: anticipate, think, merge, prove again, check.

Asks models through `Ask` and knows nothing of providers, prices or keys. Between two requests it stops when it is told
to, and at its deadline with what was proven by then.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from noctule.indexer.llm import prompts
from noctule.indexer.llm.errors import BudgetSpent, Declined, Stopped, ThinkingError, TooLong, Unreachable, Unusable
from noctule.indexer.llm.request import Ask, Reply, Request
from noctule.indexer.llm.settings import Choice
from noctule.indexer.llm.usage import Usage
from noctule.indexer.model_notes.store import ModelNote, VerifiedClaim
from noctule.indexer.think import checker, standing_claims
from noctule.indexer.think.brief import WIDE, PromptContext, write_brief
from noctule.indexer.think.conversation import ConversationTimeout, Thought, ThoughtOutcome
from noctule.indexer.think.evidence import EvidenceSource, Guard
from noctule.indexer.think.merge import fitting, merge
from noctule.indexer.think.schema import QUERIES, parse_queries
from noctule.indexer.think.tools import Tools
from noctule.indexer.think.verify import verify

if TYPE_CHECKING:
    from noctule.indexer.serve.repository import Repository

RESERVED = 0.2
"""Of the time, what is kept for checking; at most what one request may take."""
CHECKED = 2.0
"""So many times the tokens of a note are checked, to fill it from what holds."""
CHANGED = "changed meanwhile"
"""Why a sentence is refused that held, on lines that were other ones by the time that the thoughts were done."""

_BEGIN = (
    "Write the note. Look first at what is not shown yet and would be needed to answer what is expected.",
    "Write the note. Begin with what breaks elsewhere when this changes, and work back to what is expected.",
    "Write the note. Begin with what has to stay true across files, and look at who relies on it.",
    "Write the note. Begin with how changes were made here, and look at what the commits touched together.",
    "Write the note. Begin with the last of what is expected, and look for what contradicts the first idea.",
)
"""How parallel thoughts differ, beside their temperature: each sets out from elsewhere."""
_TEMPERATURES = (None, 1.0, 0.7, 1.0, 0.7)


@dataclass
class _Spent:
    """What the requests of one note came to."""

    usage: Usage = field(default_factory=Usage)
    dollars: float = 0.0
    requests: int = 0

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.usage += reply.usage
        self.dollars += reply.dollars
        self.requests += 1


def think(
    subject: str,
    repository: Repository,
    ask: Ask,
    choice: Choice,
    outgoing: Guard,
    until: float,
    stopped: Callable[[], bool],
    earlier: Sequence[ModelNote] = (),
    served: str = "",
) -> ModelNote | None:
    """Think about a subject until `until` (of `time.monotonic`) at the latest; None where nothing came of it.

    `earlier` are notes there are, of whatever subject: what they say of this one is shown, and stays unless it is taken
    back. `served` says which kinds of claims are served here.
    UnknownSubject and StoreError as of any question; ThinkingError where no thought came to anything for that reason.
    A note may hold no claim: it was thought about, and nothing could be proven.
    """
    brief = write_brief(subject, repository, outgoing, choice)
    thinking = _Thinking(brief, repository, ask, choice, outgoing, until, stopped, earlier, served)
    try:
        return thinking.note()
    except _Halted:
        return None


class _Halted(Exception):
    """Thinking was told to stop between two requests."""


class _Thinking:
    """The making of one note."""

    def __init__(
        self,
        brief: PromptContext,
        repository: Repository,
        ask: Ask,
        choice: Choice,
        outgoing: Guard,
        until: float,
        stopped: Callable[[], bool],
        earlier: Sequence[ModelNote],
        served: str,
    ) -> None:
        self.brief = brief
        self._served = served
        self.repository = repository
        self.outgoing = outgoing
        self.choice = choice
        self.spent = _Spent()
        self._ask = ask
        self._until = until
        left = max(0.0, until - time.monotonic())
        self._thinks_until = until - min(choice.timeout_s, RESERVED * left)
        self._stopped = stopped
        self._source = EvidenceSource(repository.reader.ground, outgoing)
        self._earlier = standing_claims.find(earlier, brief.subject, self._source)

    def note(self) -> ModelNote | None:
        """Make the note."""
        if self._is_over(self._thinks_until):
            return None
        queries = self._anticipate()
        outcomes = self._thoughts(queries)
        error = next((c.error for c in outcomes if c.error is not None), None)
        refused = Counter(reason for c in outcomes for reason in c.refused.values())
        claims = self._standing(merge([c.claims for c in outcomes]), refused)
        doubted = standing_claims.find_doubted(self._earlier, [c.wrong for c in outcomes])
        if not claims and not refused and error is not None:
            raise error
        if not claims and not refused and not doubted:
            return None
        checked = self._check([*claims, *doubted], refused, len(claims))
        kept = fitting([claim for claim in claims if claim in checked], self._cap)
        replaced = {number for c in outcomes for claim in kept for number in c.replaces.get(claim.text, ())}
        retracted = [self._earlier[n - 1].text for n in sorted(replaced) if 1 <= n <= len(self._earlier)]
        retracted += [claim.text for claim in doubted if claim not in checked]
        return self._write(queries, kept, refused, tuple(dict.fromkeys(retracted)))

    # The steps

    def _anticipate(self) -> tuple[str, ...]:
        """Ask which queries are likely; a model that cannot say writes its note without."""
        messages = (*self.brief.messages, {"role": "user", "content": prompts.ANTICIPATE.text})
        request = Request(
            "anticipate",
            messages,
            schema=QUERIES,
            most_output=1_000,
            subject=self.brief.subject,
            paths=self.brief.paths,
        )
        try:
            answer = json.loads(self._send(request).text)
        except (Unusable, Declined, TooLong, ValueError, RecursionError):
            return ()
        return parse_queries(answer) if isinstance(answer, Mapping) else ()

    def _thoughts(self, queries: Sequence[str]) -> list[ThoughtOutcome]:
        """Think several times at once: requests run side by side, all else in this thread, thought by thought."""
        count = self.choice.thoughts
        running = [self._start_conversation(number, queries).run() for number in range(count)]
        outcomes: dict[int, ThoughtOutcome] = {}
        waiting: dict[Future[Reply], int] = {}
        with ThreadPoolExecutor(max_workers=min(count, self.choice.concurrency)) as pool:
            try:
                for number, thought in enumerate(running):
                    waiting[pool.submit(self._ask, next(thought))] = number
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in sorted(done, key=lambda f: waiting[f]):
                        number = waiting.pop(future)
                        after = self._advance(running[number], future)
                        if isinstance(after, ThoughtOutcome):
                            outcomes[number] = after
                        else:
                            waiting[pool.submit(self._ask, after)] = number
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return [outcomes[number] for number in sorted(outcomes)]

    def _start_conversation(self, number: int, queries: Sequence[str]) -> Thought:
        turned = [*queries[number % len(queries) :], *queries[: number % len(queries)]] if queries else []
        expected = ["What is expected to be asked:", *(f"- {query}" for query in turned)] if turned else []
        return Thought(
            self.brief,
            "\n".join([*standing_claims.show(self._earlier), *self._means(), *expected, _BEGIN[number % len(_BEGIN)]]),
            Tools(self.repository, self._source),
            lambda draft: verify(draft, self._source, self.brief.subject),
            self.choice.turns,
            _TEMPERATURES[number % len(_TEMPERATURES)],
        )

    def _means(self) -> list[str]:
        """Say what there is to spend, and which kinds of claims are served."""
        return [
            f"There are {self.choice.turns} turns; the note has room for {self._cap} tokens of claims.",
            *([f"Kinds of claims that are served here: {self._served}."] if self._served else []),
        ]

    def _advance(
        self, thought: Generator[Request, Reply, ThoughtOutcome], answered: Future[Reply]
    ) -> Request | ThoughtOutcome:
        """Hand a reply, or what went wrong, to its thought; return its next request, or what it came to."""
        try:
            try:
                reply = answered.result()
            except Stopped as error:
                raise _Halted from error
            except ThinkingError as error:
                return thought.throw(error)
            self.spent.add(reply)
            over = self._is_over(self._thinks_until)
            request = thought.send(reply)
            return thought.throw(ConversationTimeout("the time is up")) if over else request
        except StopIteration as end:
            outcome: ThoughtOutcome = end.value
            return outcome

    def _standing(self, claims: Iterable[VerifiedClaim], refused: Counter[str]) -> list[VerifiedClaim]:
        """Hold claims against the files as they are by now: thinking takes minutes, in which people edit.

        Lines that moved are followed; a claim falls with any of its lines.
        """
        self.repository.refresh()
        self._source = EvidenceSource(self.repository.reader.ground, self.outgoing)
        kept: list[VerifiedClaim] = []
        for claim in claims:
            proofs = [found for proof in claim.proofs if (found := self._source.found(proof)) is not None]
            if len(proofs) == len(claim.proofs):
                kept.append(replace(claim, proofs=tuple(proofs)))
            else:
                refused[CHANGED] += 1
        return kept

    def _check(self, claims: Sequence[VerifiedClaim], refused: Counter[str], new: int) -> list[VerifiedClaim]:
        """Return what the second reader does not refuse: of the first `new` what it supports, of the others, which are
        doubted and stood until now, what it does not find unsupported.
        """
        asked = [*fitting(claims[:new], int(CHECKED * self._cap)), *claims[new:]]
        if not asked:
            return []
        if self._is_over(self._until):
            refused[checker.NO_ANSWER] += len(asked) - len(claims[new:])
            return list(claims[new:])
        try:
            text = self._send(checker.make_request(asked, self._source, self.brief.subject)).text
        except (Unreachable, BudgetSpent):
            raise  # to be asked again later, when all before it need not be
        except ThinkingError:
            text = ""
        verdicts = checker.parse_verdicts(text, asked)
        fresh = len(asked) - (len(claims) - new)
        refused.update(reason for reason in verdicts[:fresh] if reason)
        return [
            claim
            for at, (claim, reason) in enumerate(zip(asked, verdicts, strict=True))
            if not reason or (at >= fresh and reason != checker.NOT_SUPPORTED)
        ]

    def _write(
        self,
        queries: Sequence[str],
        claims: Sequence[VerifiedClaim],
        refused: Mapping[str, int],
        retracted: tuple[str, ...],
    ) -> ModelNote:
        choice, brief = self.choice, self.brief
        return ModelNote(
            key=brief.key,
            subject=brief.subject,
            subject_kind=brief.kind,
            claims=tuple(claims),
            queries=tuple(queries),
            model=choice.think,
            checker=choice.checker,
            prompt=prompts.VERSION,
            effort=choice.effort,
            thoughts=choice.thoughts,
            revision=brief.revision,
            at=time.time(),
            tokens=self.spent.usage.tokens,
            dollars=self.spent.dollars,
            refused=dict(sorted(refused.items())),
            retracted=retracted,
            reasoned=self.spent.usage.reasoned,
        )

    # Asking

    @property
    def _cap(self) -> int:
        return self.choice.wide_note_tokens if self.brief.kind in WIDE else self.choice.note_tokens

    def _send(self, request: Request) -> Reply:
        try:
            reply = self._ask(request)
        except Stopped as error:
            raise _Halted from error
        self.spent.add(reply)
        return reply

    def _is_over(self, until: float) -> bool:
        """Tell whether time is over. _Halted where thinking was told to stop."""
        if self._stopped():
            raise _Halted
        return time.monotonic() >= until
