"""The demo: a story of our own, told by a fictional newspaper, that goes on while one looks.

player plays story.json, with the pictures in pictures/.
"""
