"""Commits: who changed what, with what, when and with which words. Reads git and no file's text."""
