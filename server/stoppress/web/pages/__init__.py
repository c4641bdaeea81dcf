"""The pages and feeds that readers open, and the files that pages load."""
