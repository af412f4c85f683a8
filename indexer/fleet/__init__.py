"""Many repositories learned on many machines: which, where, how often again, and what came of each."""
