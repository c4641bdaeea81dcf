"""How requests are read and responses written.

request      bodies, conditions; paging: page tokens; page_query: which page of a blog a query asks for
response     JSON, problems, validators
endpoint     counts requests, answers errors, makes routes
cors         who may read an answer, by its origin
head_limit   a bound on a request's head; rate_limit: one on a token's requests
"""
