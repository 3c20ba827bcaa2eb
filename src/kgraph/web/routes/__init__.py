"""The addresses of the site, one router per subject."""
