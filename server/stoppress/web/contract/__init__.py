"""The description of the API, and the documents made from it.

operation    the description of one operation; operations: all of them, one file for each resource
openapi      the OpenAPI document; asyncapi: the AsyncAPI document, which has every message that readers get
examples     the examples in both documents
docs         serves these documents, and a page that shows them; docs_files: what that page loads (docs_page/, Scalar)
"""
