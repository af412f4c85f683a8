"""Background work: which job is worth doing next, and the processes that do it."""
