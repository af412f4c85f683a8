"""How much of a file is read. Numbers only: whoever shows them does not wait for a parser."""

MOST_PROSE = 200_000
"""Characters of a file without a grammar that are indexed; past that it is data rather than text."""
MOST_DATA = 2_000
"""Characters that are indexed of a text in which hardly a word comes back: each would be a row of its own."""
