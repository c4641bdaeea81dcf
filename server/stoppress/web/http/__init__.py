"""How requests are read and responses written.

request      its query, and how a wrong part is refused; request_body; preconditions: If-Match, Idempotency-Key
paging       page tokens; page_query: which page of a blog a query asks for
response     JSON, problems, validators
endpoint     counts requests, answers errors, makes routes
cors         who may read an answer, by its origin; cache_control: how long caches may keep it
public_url   the address at which readers reach the server
head_limit   a bound on a request's head; rate_limit: one on a token's requests
"""
