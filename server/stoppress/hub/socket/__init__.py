"""Readers by WebSocket, from a connection's first bytes to its end.

request        what a request asks for, and whether it is admitted; used by both paths
bypass_uvicorn reads common handshakes before uvicorn does
handshake      parses a handshake, and builds its answer
upgrade        turns a request into a reader: the fast path, which writes to the connection itself
connection     an open connection; client_frames: the frames that the client sends
asgi_endpoint  readers through any ASGI server: the ordinary path; send_queue: what waits to be sent to one of them
"""
