"""The demo: an invented story in a fictional newspaper's live blog, with posts that arrive while you watch.

player plays story.json, with the pictures in pictures/.
"""
