"""Readers by Server-Sent Events.

event_stream       the endpoint, and one stream on the ordinary path
connection         one stream on the fast path; gzip_transport: what it writes to if it is compressed
content_encoding   how a stream is encoded: as plain text or gzip
"""
