"""The `noctule` command: one command per file."""
