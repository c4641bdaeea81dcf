"""Stop Press, a real-time live-blog server.

cli                      the commands
server_process, workers  one server process, and several on one port; known_uvicorn: whether the fast path works
asgi                     the same as an ordinary ASGI application, for any ASGI server
listener, startup_message   the port, and the message at the start; logging_setup: log lines on standard error
debug                    a page for developers that shows the state of the process
app                      builds all the parts, and connects them
web                      HTTP: the API and the pages
hub                      readers by WebSocket and Server-Sent Events
editing                  the operations of editors
render, media            blogs as HTML, and pictures
store                    storage in Redis or Valkey
demo                     a story that plays
api_client, simulated_readers a client of the API, and simulated readers for load tests
token_scopes             what the scopes of a token allow; token_secrets: how tokens are created and checked
token_check              finds the caller of a token, and limits wrong tokens; preview_links: links to private blogs
wire, problem            the protocol's messages, and errors as HTTP responses
resume                   how a reader resumes from a cursor
query_parameters, origins   parameters of queries, and the origins whose pages may read here
host_header              which Host a request may have; media_origins: where pictures may come from
model, fields, errors    blogs, posts and events; the types of their fields; the tree of errors
settings, metrics        with metrics_of_workers: the metrics of several processes
sanitize                 makes HTML and Markdown safe
connection_deadlines     closes connections whose request does not arrive
connection_takeover      how an endpoint takes over the connection of its request
task_cancellation, background   cancelling tasks reliably, and keeping them running; file_limits: room for open files
private_folders          creates folders that only this user may enter; process_limits: what a child process takes
loop_turns               long work on the event loop, in short turns; loop_watchdog: names what holds the loop
"""

import sys
from importlib.metadata import version

if sys.version_info < (3, 11):  # noqa: UP036  pip refuses it too, but a checkout on PYTHONPATH bypasses pip
    sys.exit(f"Stop Press needs Python 3.11 or newer, but this is Python {sys.version.split()[0]}")

__version__ = version("stoppress")
