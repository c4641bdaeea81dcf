"""Tails the histories and writes every change to every reader."""
