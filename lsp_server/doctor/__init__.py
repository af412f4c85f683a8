"""What `noctule doctor` checks: the set-up, and resource use against limits."""
