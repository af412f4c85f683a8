"""One module for each language family: its tree in, facts through a `Builder` out. No files, no other blob."""
