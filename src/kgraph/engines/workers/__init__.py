"""Worker processes: one query at a time, within limits, and who sees to it."""
