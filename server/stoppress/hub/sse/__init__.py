"""Readers by Server-Sent Events.

event_stream       the endpoint, and one stream
content_encoding   how a stream is encoded: as plain text or gzip
"""
