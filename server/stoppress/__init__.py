"""Stop Press, a real-time live-blog server.

cli                      the commands
serve, workers           one process that serves, and several
listener, startup_message   the port, and what the operator meets first; logging_setup: what is logged
app                      the wiring
web                      HTTP: the API and the pages
hub                      readers by WebSocket and Server-Sent Events
editing                  what editors do
render, media            blogs as HTML, and pictures
store                    where all of it is kept
demo                     a story that plays
api_client, load_readers a client of the API, and many readers
auth                     tokens: how one is made and recognised, what it may
wire, problem            the protocol's messages, and how an error is written as HTTP
resume                   where a cursor leads
query_parameters, origins   the parameters of a query, and which pages may read here
model, fields, errors    what there is
settings, metrics        with metrics_of_workers: those of several processes
sanitize                 HTML and Markdown made safe
task_cancellation, file_limits   what the platform needs help with
"""

from importlib.metadata import version

__version__ = version("stoppress")
