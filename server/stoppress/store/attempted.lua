#!lua flags=no-writes
-- Reads what an earlier attempt with an idempotency key wrote, and the blog's epoch, at one moment.
--
-- KEYS 1 the attempt's answer  2 meta
-- Returns the fingerprint, the sequence numbers, the answer and the epoch; nothing if there was no attempt or no blog.

local first = redis.call('HMGET', KEYS[1], 'fingerprint', 'sequence', 'answer')
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not first[1] or not epoch then return false end
return {first[1], first[2], first[3], epoch}
