"""Text for people and agents: numbers, links to sources, safe characters."""
