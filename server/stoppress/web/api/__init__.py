"""What answers the operations of the API, one file for each kind of thing: blogs, posts, changes, media, audit, probes.
What is said of each operation is in web/contract/operations/.
"""
