"""The hub's periodic work, and its drain.

heartbeats      sends heartbeats to all readers
slow_readers    closes readers that were slow for too long, and aborts those that do not finish closing
idle_channels   closes channels without readers
reader_counts   counts the readers of all processes
loop_delay      measures event-loop lag
drain           disconnects readers when the process stops
"""
