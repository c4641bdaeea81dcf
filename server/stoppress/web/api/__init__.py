"""The HTTP API's routes, one file for each kind of thing."""
