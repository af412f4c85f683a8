"""`noctule eval`: one subcommand per file."""
