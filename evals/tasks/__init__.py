"""Where tasks come from, one source per file: a text, a repository at a commit, and the patch that solved it."""
