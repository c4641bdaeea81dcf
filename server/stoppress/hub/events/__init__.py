"""Readers by Server-Sent Events."""
