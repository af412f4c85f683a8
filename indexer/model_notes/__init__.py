"""Notes written by a model: stored, found for a task, and admitted only where they proved useful."""
