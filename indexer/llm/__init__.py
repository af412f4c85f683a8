"""The client of language models: requests, retries, spending limits, and what may leave the machine."""
