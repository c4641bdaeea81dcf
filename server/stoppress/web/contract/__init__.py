"""The API described once, and the documents made from that.

operation    what is said of an operation; operations: all of them, one file for each kind of thing
openapi      the OpenAPI document; asyncapi: the AsyncAPI document of the socket
docs         answers with these documents, and shows the first as a page
"""
