"""What can go wrong in an evaluation, as one tree beside that of `indexer.errors`.

NoctuleError
├── BadTask
│   ├── BadTaskFile          a file of tasks or of recorded runs cannot be read; nothing was run
│   ├── BadPatch             a patch does not parse; the task is skipped and counted
│   └── UnknownSolver        no solver of that name
└── RunError                 the folder of a run cannot be used; what it holds is left as it is
    ├── RunOfAnotherVersion  written in another format
    └── OtherTasks           the run was started with other tasks or settings
"""

from __future__ import annotations

from indexer.errors import BadTask, NoctuleError


class BadTaskFile(BadTask):
    """A file of tasks or of recorded runs cannot be read; nothing was run."""


class BadPatch(BadTask):
    """A patch does not parse; the task is skipped and counted."""


class UnknownSolver(BadTask):
    """There is no solver of that name."""


class RunError(NoctuleError):
    """The folder of a run cannot be used; what it holds is left as it is."""


class RunOfAnotherVersion(RunError):
    """The run was written in another format."""


class OtherTasks(RunError):
    """The run was started with other tasks or settings."""
