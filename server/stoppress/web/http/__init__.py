"""How requests are read and responses written: bodies, parameters, problems, page tokens, limits."""
