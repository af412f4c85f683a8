"""Notes: claims about one subject, each with evidence that is checked when it is served."""
