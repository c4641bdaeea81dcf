#!lua flags=no-writes
-- Reads the changes after a sequence number, compacted to the last record of each post and of the blog, in order.
--
-- KEYS 1 meta  2 state  3 all  4 changed
-- ARGV 1 after  2 limit
-- Returns epoch, seq, updated, number of published posts, the blog's record, and the records: one more than the limit
-- if there are more.

local blog = redis.call('HGET', KEYS[2], '@blog')
if not blog then return false end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'updated')
local answer = {meta[1], meta[2], meta[3] or '', redis.call('ZCARD', KEYS[3]), blog}
for _, thing in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2] + 1)) do
  answer[#answer + 1] = redis.call('HGET', KEYS[2], thing)
end
return answer
