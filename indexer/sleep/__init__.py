"""Idle-time work: when there is time, what to think about next, what it cost and what it gave back."""
