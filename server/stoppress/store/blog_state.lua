#!lua flags=no-writes
-- Reads a blog and its position at one moment. A full or read-only server refuses MULTI, but not this.
--
-- KEYS 1 meta  2 state  3 all
-- Returns epoch, seq, updated, number of published posts, and the blog's record.

local blog = redis.call('HGET', KEYS[2], '@blog')
if not blog then return false end
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'updated')
return {meta[1], meta[2], meta[3] or '', redis.call('ZCARD', KEYS[3]), blog}
