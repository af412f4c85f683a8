"""What can go wrong in an evaluation, as one tree beside that of `indexer.errors`.

NoctuleError
├── BadTask
│   ├── BadTaskFile          a file of tasks or of recorded runs cannot be read; nothing was run
│   ├── BadPatch             a patch does not parse; the task is skipped and counted
│   └── UnknownSolver        no solver of that name
├── AgentError
│   ├── AgentsMissing        mini-swe-agent or litellm is not installed; nothing was run
│   ├── NotAllowed           nobody has allowed that an agent runs commands here; nothing was run
│   ├── CheckoutFailed       no work tree could be made, or a patch does not apply; the task is recorded as failed
│   ├── ModelFailed          a model gave no answer, however often it was asked; the task is recorded as failed
│   ├── WrongAccounts        requests and conversation do not add up to the same; the task is recorded as failed
│   └── NothingToEqual       the arm that another is held against has no answer; the task is recorded as failed
├── StatefulError
│   ├── CapReached           the next request could cost more than the run may; what was asked is kept
│   ├── ModelWithoutTools    a model cannot sleep, since it calls no tools; what was asked is kept
│   └── NoScores             a server does not tell how likely a given text is; nothing was scored
├── AiderFailed              aider, an external program, gave no answer; the answer is recorded as failed
└── RunError                 the folder of a run cannot be used; what it holds is left as it is
    ├── RunOfAnotherVersion  written in another format
    └── OtherTasks           the run was started with other tasks or settings
"""

from __future__ import annotations

from noctule.indexer.errors import BadTask, NoctuleError


class BadTaskFile(BadTask):
    """A file of tasks or of recorded runs cannot be read; nothing was run."""


class BadPatch(BadTask):
    """A patch does not parse; the task is skipped and counted."""


class UnknownSolver(BadTask):
    """There is no solver of that name."""


class AgentError(NoctuleError):
    """A live agent could not work."""


class AgentsMissing(AgentError):
    """mini-swe-agent or litellm is not installed; nothing was run."""


class NotAllowed(AgentError):
    """Nobody has allowed that an agent runs commands here; nothing was run."""


class CheckoutFailed(AgentError):
    """No work tree could be made, or a patch of tests does not apply; the task is recorded as failed."""


class ModelFailed(AgentError):
    """A model gave no answer, however often it was asked; the task is recorded as failed."""


class WrongAccounts(AgentError):
    """Requests and conversation do not add up to the same; the task is recorded as failed."""


class NothingToEqual(AgentError):
    """The arm that another is held against has no answer; the task is recorded as failed."""


class StatefulError(NoctuleError):
    """An experiment of the paper on sleep-time compute could not go on."""


class CapReached(StatefulError):
    """The next request could cost more than the run may; what was asked is kept."""


class ModelWithoutTools(StatefulError):
    """A model calls no tools, and so cannot sleep; what was asked is kept."""


class NoScores(StatefulError):
    """A server does not tell how likely a given text is; nothing was scored."""


class AiderFailed(NoctuleError):
    """Aider, an external program, gave no answer; the answer is recorded as failed."""


class RunError(NoctuleError):
    """The folder of a run cannot be used; what it holds is left as it is."""


class RunOfAnotherVersion(RunError):
    """The run was written in another format."""


class OtherTasks(RunError):
    """The run was started with other tasks or settings."""
