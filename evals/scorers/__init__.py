"""Answers and gold in, numbers out. A score of None says that the question does not apply to the task."""
