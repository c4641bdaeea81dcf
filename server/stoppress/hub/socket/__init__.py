"""Readers by WebSocket: from the first bytes of a connection to its end."""
