"""Readers by WebSocket, from a connection's first bytes to its end.

fast_handshake reads common handshakes before uvicorn does
handshake      parses a handshake, and builds its answer
upgrade        turns a request into a reader
connection     an open connection; client_frames: the frames that the client sends
reader         a reader's position and state, and what may be written to it now
flow_control   what happens when a client reads too slowly: the write buffer, pausing and resuming
"""
