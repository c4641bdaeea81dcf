"""HTTP: the API for newsroom tools, the pages for readers, and the probes and metrics for operators.

routes           the Starlette application with all routes
api, pages       the endpoints, one file for each resource
contract         the description of each operation, and the OpenAPI and AsyncAPI documents
cache            finished pages, sent before ASGI
http             requests, responses, limits
uvicorn_protocol the class that uvicorn instantiates for each connection
dependencies     the objects that the routes use
request_checks   checks the token and the query of a request before its endpoint runs
blog_access      who may see a private blog
authentication   who the caller is; roles: which process serves what; audit_note: the audit log entry of a write
"""
