"""The hub's periodic work, and its drain.

heartbeats      sends heartbeats to all readers
deadlines       limits how long a reader may be slow or closing
idle_channels   closes channels without readers
reader_counts   counts the readers of all processes
loop_delay      measures event-loop lag
drain           disconnects readers when the process stops
"""
