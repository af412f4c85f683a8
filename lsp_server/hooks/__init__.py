"""What agents call at points of their own work: one agent per file."""
