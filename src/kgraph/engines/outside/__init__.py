"""SERVICE from a list of endpoints: what is asked, who is asked, what goes into the query."""
