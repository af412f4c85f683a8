"""Which files the next change is likely to touch, from history alone."""
