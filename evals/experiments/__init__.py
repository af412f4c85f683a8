"""Experiments that run solvers over tasks, one per file."""
