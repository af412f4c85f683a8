"""How much of a file is read. Numbers only: whoever shows them does not wait for a parser."""

MOST_PROSE = 200_000
"""Characters of a file without a grammar that are indexed; past that it is data rather than text."""
