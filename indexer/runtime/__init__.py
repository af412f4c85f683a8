"""What the processes of one machine share: signals, locks, children, budgets, the ledger. Knows no file contents."""
