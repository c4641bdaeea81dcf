"""Readers by Server-Sent Events.

event_stream       the endpoint, and one stream
content_encoding   a stream as it is, or as gzip
"""
