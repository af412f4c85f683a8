"""The experiments of Sleep-time Compute (arXiv 2504.13171): problems, sleepers, answerers, arms, and what they cost."""
