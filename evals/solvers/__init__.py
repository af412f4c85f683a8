"""The arms of an experiment: one solver per file. Each gets a task and the repository at its base commit."""
