"""HTTP as such: negotiation, conditions, compression, problems, connections."""
