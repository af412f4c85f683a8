"""What was learned, on disk: tables, postings, the reference graph, one view for each snapshot."""
