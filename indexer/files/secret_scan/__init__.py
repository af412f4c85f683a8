"""Finds passwords, tokens and keys in text: a cheap look at the whole, then a close one at suspect lines."""
