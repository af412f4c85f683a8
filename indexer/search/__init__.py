"""A task in, ranked files and symbols out, packed into a token budget."""
