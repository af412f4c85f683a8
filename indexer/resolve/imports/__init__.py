"""One module for each language family: what an import means among the files of a snapshot. Knows paths and facts."""
