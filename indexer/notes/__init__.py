"""What is worth saying about a subject: claims that rest on lines and commits, each checked when it is served."""
