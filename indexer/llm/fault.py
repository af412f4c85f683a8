"""What went wrong with one request, from the words of the worker process. Sends nothing and waits for nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from noctule.indexer.llm.errors import (
    Declined,
    NoModel,
    Rejected,
    ThinkingError,
    TooLong,
    Unreachable,
    Unusable,
)
from noctule.indexer.llm.key import scrub
from noctule.indexer.llm.messages import ModelFault

TIMEOUT, TOO_MANY = 408, 429


class Fault(Exception):
    """A request failed with `error`; where it is `passing`, asking again can help. `kind` says it in a word or two.

    `asked_s` is how long the provider asks to wait before that.
    """

    def __init__(
        self, error: ThinkingError, kind: str = "", *, passing: bool = False, asked_s: float | None = None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.kind = kind
        self.passing = passing
        self.asked_s = asked_s

    @property
    def is_unusable(self) -> bool:
        """Whether an answer came that cannot be used: it is paid for, so it is asked for less often."""
        return isinstance(self.error, Unusable)


def classify_fault(answer: ModelFault, secrets: tuple[str, ...]) -> Fault:
    """Turn what the worker says into an error of ours, without anything in it that is secret."""
    text = scrub(answer.text, secrets)
    asked_s = parse_retry_after(answer.retry_after, time.time())
    kind = _kind(answer)
    match answer.kind:
        case "missing":
            advice = "install it again with: pip install 'noctule[models]'"
            return Fault(NoModel(f"the package that calls models cannot be loaded: {text}", advice), kind)
        case "too long":
            return Fault(TooLong(f"the request is too long for the model: {text}"), kind)
        case "declined":
            return Fault(Declined(f"the model declined: {text}"), kind)
        case "rejected":
            return Fault(Rejected(f"the provider rejects the request: {text}", _ADVICE.get(answer.status, "")), kind)
        case "empty":
            # Where all that it may write went into reasoning, it will again.
            again = answer.finish != "length"
            return Fault(Unusable(f"the answer cannot be used: {text}"), kind, passing=again)
        case "loops":
            return Fault(Unusable(f"the answer cannot be used: it repeats itself: {text}"), kind)
        case "cut":
            return Fault(Unusable(f"the answer cannot be used: {text}"), kind, passing=True)
        case _:
            again_s = 60.0 if asked_s is None else asked_s
            error = Unreachable(f"the model cannot be reached: {text}", "", again_s)
            return Fault(error, kind, passing=True, asked_s=asked_s)


def _kind(answer: ModelFault) -> str:
    if answer.late or answer.status == TIMEOUT:
        return "timeout"
    if answer.status == TOO_MANY:
        return "throttled"
    return f"status {answer.status}" if answer.status else f"{answer.kind} answer"


_ADVICE: Mapping[int, str] = {
    401: "check the key (docs/models.md says where it is read from)",
    403: "check that the key may use this model",
    404: "check the model name and the address",
}


def parse_retry_after(retry_after: str, now: float) -> float | None:
    """Return how long a Retry-After header asks to wait: seconds, or a date (RFC 9110, section 10.2.3)."""
    text = retry_after.strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text):
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0) if text else None
    except (ValueError, OverflowError):
        return None
