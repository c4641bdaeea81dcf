"""Readers by WebSocket: from the first bytes of a connection to its end.

fast_handshake reads the usual handshakes before uvicorn does
handshake      what a handshake asks for, and how it is answered
upgrade        from a request to a reader
connection     what remains of a connection after its handshake; client_frames: what the client sends
reader         what was written to a reader, and what may be written now
"""
