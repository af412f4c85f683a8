"""Speed, size and accuracy against their bounds, in one run on one machine. No part of the product imports this."""
