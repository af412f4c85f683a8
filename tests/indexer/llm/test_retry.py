"""When a request is sent again: only where that can help, after pauses that grow, and never for ever."""

from __future__ import annotations

import pytest

from noctule.indexer.llm.errors import Rejected, Unreachable, Unusable
from noctule.indexer.llm.fault import Fault, classify_fault, parse_retry_after
from noctule.indexer.llm.messages import ModelFault
from noctule.indexer.llm.retry import RetryPolicy, retry

PASSING = Fault(Unreachable("offline"), passing=True)


def asked(seconds: float) -> Fault:
    return Fault(Unreachable("busy"), passing=True, asked_s=seconds)


def test_pauses_double_up_to_a_bound_and_end_with_the_attempts() -> None:
    policy = RetryPolicy(attempts=7, first_s=1, longest_s=10)

    pauses = [policy.pause_s(attempt, PASSING, 1.0) for attempt in range(1, 8)]

    assert pauses == [1, 2, 4, 8, 10, 10, None]
    assert policy.pause_s(3, PASSING, 0.0) == 2


def test_a_provider_that_says_how_long_to_wait_is_believed_within_reason() -> None:
    policy = RetryPolicy(longest_asked_s=60)

    assert policy.pause_s(1, asked(7.0), 0.0) == 7
    assert 7 < (policy.pause_s(1, asked(7.0), 1.0) or 0) < 8
    assert policy.pause_s(1, asked(61.0), 0.0) is None


def test_an_answer_that_cannot_be_used_is_asked_for_less_often() -> None:
    fault = Fault(Unusable("torn"), passing=True)

    assert RetryPolicy(unusable_attempts=2).pause_s(1, fault, 0.0) is not None
    assert RetryPolicy(unusable_attempts=2).pause_s(2, fault, 0.0) is None


def test_what_asking_again_cannot_mend_is_sent_once_and_raises_its_error() -> None:
    sent: list[int] = []

    def send(attempt: int) -> None:
        sent.append(attempt)
        raise Fault(Rejected("no key"))

    with pytest.raises(Rejected, match="no key"):
        retry(send, RetryPolicy(), lambda _s: None)
    assert sent == [1]


def test_a_request_that_was_changed_is_sent_at_once() -> None:
    waited: list[float] = []

    def send(attempt: int) -> int:
        if attempt == 1:
            raise Fault(Rejected("no schema"))
        return attempt

    assert retry(send, RetryPolicy(), waited.append, lambda fault: "schema" in str(fault)) == 2
    assert waited == []


@pytest.mark.parametrize(
    ("answer", "kind", "passing"),
    [
        (ModelFault("unreachable", status=429), "throttled", True),
        (ModelFault("unreachable", status=408), "timeout", True),
        (ModelFault("unreachable", late=True), "timeout", True),
        (ModelFault("unreachable", status=503), "status 503", True),
        (ModelFault("rejected", status=401), "status 401", False),
        (ModelFault("empty", finish=""), "empty answer", True),
        (ModelFault("empty", finish="length"), "empty answer", False),
        (ModelFault("cut"), "cut answer", True),
    ],
)
def test_a_fault_is_named_in_a_word_or_two(answer: ModelFault, kind: str, passing: bool) -> None:
    fault = classify_fault(answer, ())

    assert (fault.kind, fault.passing) == (kind, passing)


def test_a_fault_holds_no_secret() -> None:
    assert "hunter2" not in str(classify_fault(ModelFault("cut", text="Authorization: hunter2"), ("hunter2",)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0.5 ", 0.5),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert parse_retry_after(header, now=40.0) == seconds
