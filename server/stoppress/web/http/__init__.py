"""How requests are read and responses written.

request      bodies, conditions, parameters; paging: page tokens
response     JSON, problems, validators
endpoint     counts requests, answers errors, makes routes
head_limit   a bound on a request's head; rate_limit: one on a token's requests
"""
