"""One module for each language family: resolves imports to files of a snapshot. Knows paths and facts."""
