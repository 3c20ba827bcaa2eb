"""SPARQL as text: tokens, binding, projection, clauses, and what an engine's dialect lacks."""
