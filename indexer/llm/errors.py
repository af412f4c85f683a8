"""What can go wrong while a model thinks, as one tree; none of these lose a note, and every one is a normal state.

NoctuleError
└── ThinkingError        no answer came; what it may have cost is on the account
    ├── NoModel          the user named none, or the library that reaches models is not installed; nothing was sent
    │   └── UnnamedModel the user named none
    ├── BudgetSpent      the request could pass a limit, so it was not sent
    ├── NotSendable      the request names what may not leave the machine, so it was not sent
    ├── Unreachable      offline, too slow, overloaded or failing, also after asking again; try later
    ├── Rejected         the provider takes neither this key, model nor request; asking again cannot help
    ├── TooLong          the request is longer than the model reads; a shorter one may do
    ├── Declined         the model refused to answer
    ├── Unusable         the answer is broken, cut off or empty; another attempt may do
    └── Stopped          thinking was told to stop; what was under way counts with the most it can cost
"""

from __future__ import annotations

from noctule.indexer.errors import MissingSetting, NoctuleError


class ThinkingError(NoctuleError):
    """No answer came from a model."""


class NoModel(ThinkingError):
    """The user named no model, or what reaches models is not installed; nothing was sent."""


class UnnamedModel(NoModel, MissingSetting):
    """The user named no model."""


class BudgetSpent(ThinkingError):
    """The request could pass a limit; it was not sent."""


class NotSendable(ThinkingError):
    """The request names what may not leave the machine; it was not sent."""


class Unreachable(ThinkingError):
    """The model cannot be reached at this time, or not in time; worth asking again after `retry_after_s`."""

    def __init__(self, message: str, advice: str = "", retry_after_s: float = 60.0) -> None:
        super().__init__(message, advice)
        self.retry_after_s = retry_after_s


class Rejected(ThinkingError):
    """The provider takes neither this key, model nor request; asking again cannot help."""


class TooLong(ThinkingError):
    """The request is longer than the model reads."""


class Declined(ThinkingError):
    """The model refused to answer."""


class Unusable(ThinkingError):
    """The answer is broken, cut off or empty."""


class Stopped(ThinkingError):
    """Thinking was told to stop."""
