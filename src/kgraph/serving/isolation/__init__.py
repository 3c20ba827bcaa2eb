"""Processes that hold the data and evaluate one query each, within limits."""
