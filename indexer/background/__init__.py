"""Work while nobody asks: what is worth doing next, and the processes that do it."""
