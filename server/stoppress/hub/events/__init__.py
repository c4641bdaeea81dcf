"""Readers by Server-Sent Events.

stream             the endpoint, and one stream
content_encoding   a stream as it is, or as gzip
"""
