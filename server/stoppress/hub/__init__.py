"""The readers: follows the streams of the blogs that are read here, and writes every change to every reader.

hub           puts the parts together, and starts and stops them
lobby         lets readers in and counts them out; admission: how many may come; client_address: behind proxies
channel_opener  opens a blog's channel; channels: those that are open
channel       one blog and its readers; subscriber: what it needs of a reader
greeting      how a reader is greeted, and from where it goes on
encoded_message  a change, encoded once for all
ring          the last changes of a blog; roster: its sockets
socket        readers by WebSocket; sse: by Server-Sent Events
follow        the tail of the streams, the check against the store, catching up
upkeep        what is done at intervals, and at the end
tasks         the owner of short tasks
dependencies  where a hub reads, and its clocks
"""
