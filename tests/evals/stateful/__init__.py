"""Tests of `noctule.evals.stateful`."""
