"""The examples in the OpenAPI and AsyncAPI documents. All are moments of one blog, about a storm tide.

story        the blog and the posts in the examples
http         a request and a response for each operation; problems: an error for each status;
             messages: one of each type
"""
