"""Turtle as text: read with positions, and written in one form."""
