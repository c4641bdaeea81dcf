"""The endpoints of the API, one file for each resource: blogs, posts, revisions, changes, media, audit, probes.

web/contract/operations/ describes each operation.
"""
