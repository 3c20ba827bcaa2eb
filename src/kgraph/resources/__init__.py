"""A thing described once, for every door: its addresses, its names, its statements and sources."""
