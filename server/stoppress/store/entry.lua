#!lua flags=no-writes
-- Reads a post as editors see it at one moment: the draft if there is one, else what was published or deleted last.
--
-- KEYS 1 drafts  2 state
-- ARGV 1 the post
-- Returns the draft, or '', and the post's record, or ''.

local draft = redis.call('HGET', KEYS[1], ARGV[1])
return {draft or '', not draft and redis.call('HGET', KEYS[2], ARGV[1]) or ''}
