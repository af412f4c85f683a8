"""A change held against the past and the uses of what it edits: what was forgotten, what breaks, which tests."""
