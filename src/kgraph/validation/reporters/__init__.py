"""One file per output format; a reporter turns a report into text and prints nothing."""
