"""The description of the API, and the documents made from it.

operation    the description of one operation; operations: all of them, one file for each resource
openapi      the OpenAPI document; asyncapi: the AsyncAPI document, which has every message that readers get
docs         serves these documents, and the OpenAPI document as a page to read
"""
