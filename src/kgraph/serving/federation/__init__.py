"""SERVICE: what other endpoints are asked in a query's place."""
