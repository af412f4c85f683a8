"""What changes in a work tree, told as batches of paths. Reads no content."""
