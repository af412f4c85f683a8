"""What `sleep` does: read what is not known yet and lay out a view of it."""
