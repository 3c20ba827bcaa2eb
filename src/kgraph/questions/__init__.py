"""Questions kept as files: their text, their parameters, and what is expected of the answers."""
