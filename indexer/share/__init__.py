"""What was learned, published for other machines, and taken over from there without believing it."""
