"""HTML made from resources and answers; nothing here knows of requests."""
