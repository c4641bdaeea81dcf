"""What the hub does at intervals, and at its end.

heartbeats      to all readers
deadlines       bounds on how long a reader may be slow or closing
idle_channels   closes channels that nobody reads
reader_counts   counts the readers of all processes
loop_delay      measures how long the event loop lets others wait
drain           lets readers go when the process stops
"""
