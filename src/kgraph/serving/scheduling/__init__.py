"""Which query runs when, and in which worker."""
