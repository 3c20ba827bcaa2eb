"""Publishing: the endpoint's description, later catalogue and dumps."""
