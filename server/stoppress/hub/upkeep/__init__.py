"""What the hub does at intervals and at its end: heartbeats, deadlines, event-loop lag, reader counts, draining."""
