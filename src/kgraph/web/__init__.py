"""The web door: SPARQL endpoint, saved questions and pages over one snapshot."""
