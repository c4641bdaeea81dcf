"""How requests are read and responses written.

request      the query, and errors that name a wrong part; request_body; preconditions: If-Match, Idempotency-Key
paging       page tokens; page_query: the page of a blog that a query asks for
response     JSON, problems, validators
endpoint     counts requests, turns errors into responses, makes routes; path_ids: checks the ids in a path
cors         which origins may read a response; cache_control: how long caches may keep it
safe_headers keep a browser from misusing a response
public_url   the address at which readers reach the server; one_host: refuses requests without exactly one host
head_limit   limits the size of a request's head; timed_request: the time that a request may take to arrive
takeover     lets an endpoint take over the connection of its request
token_rate_limit   limits a token's requests and their bytes
"""
