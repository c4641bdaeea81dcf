"""The hub: follows the streams of the blogs being read in this process, and writes every change to every reader.

hub           builds, starts and stops all the parts
admission     admits, counts and refuses readers; client_address: a reader's address behind proxies
visibility    what a switch between public and private means for records
connection_limits  the limits on readers: in total, per address, and new ones per second
client_budgets  how much the clients of WebSockets may send
channel_opener  opens a blog's channel; channels: the channels that are open
channel       one blog and its readers; subscriber: the interface that a channel expects of a reader
hello         a reader's first messages, and the position from which it resumes
encoded_message  a change, encoded once for all readers
reader        a reader's position and state, and what may be written to it now; connection: one with its connection
flow_control  what happens when a client reads too slowly: the write buffer, pausing and resuming
ring          the latest changes of a blog; roster: the blog's readers; delivery_counts: what was written to them
socket        readers by WebSocket; sse: readers by Server-Sent Events
follow        the tail of the streams, the check against the store, and catch-up
upkeep        periodic work, and the drain at shutdown
tasks         the owner of short tasks
dependencies  the stores that a hub reads, its clocks and its source of randomness
"""
