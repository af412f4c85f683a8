"""Replays tasks against what was learned and measures it. Nothing imports this package."""
