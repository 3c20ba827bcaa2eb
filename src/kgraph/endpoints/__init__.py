"""SPARQL endpoints elsewhere: addresses that are checked, requests with deadlines and limits."""
