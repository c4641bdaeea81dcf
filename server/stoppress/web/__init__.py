"""HTTP: the API for newsroom tools, the pages for readers, and what operators look at."""
