"""HTTP: the API for newsroom tools, the pages for readers, and what operators look at.

routes           all of them, in one application
api, pages       what answers requests, one file for each kind of thing
contract         what is said of each operation, and the documents made of it
cache            finished pages, given out before ASGI
http             requests, responses, limits
uvicorn_protocol the class that uvicorn makes for each connection
dependencies     what the routes work with
authentication   who asks; roles: which process serves what; audit_note: what a write leaves in the audit log
"""
