"""Holds the relations that Noctule tells against type checkers and compilers, on pinned public repositories."""
