#!lua flags=no-writes
-- Reads published posts in order, with the blog and its position, all at one moment.
--
-- KEYS 1 meta  2 state  3 all  4 the index to read
-- ARGV 1 newest or oldest  2 limit  3 how many to skip  4 and 5 start after this time (ms) and id, or ''
-- Returns epoch, seq, updated, number of published posts, number in the index, the blog's record, and the records:
-- one more than the limit if there are more.

local blog = redis.call('HGET', KEYS[2], '@blog')
if not blog then return false end

local newest, wanted, skip = ARGV[1] == 'newest', ARGV[2] + 1, tonumber(ARGV[3])
local command = newest and 'ZREVRANGEBYSCORE' or 'ZRANGEBYSCORE'
local ids
if ARGV[4] == '' then
  local from, to = '-inf', '+inf'
  if newest then from, to = to, from end
  ids = redis.call(command, KEYS[4], from, to, 'LIMIT', skip, wanted)
else
  -- Posts of the same millisecond are in order of their ids. Skip those up to the given id.
  local ties = redis.call('ZCOUNT', KEYS[4], ARGV[4], ARGV[4])
  local found = redis.call(command, KEYS[4], ARGV[4], newest and '-inf' or '+inf', 'WITHSCORES', 'LIMIT', 0, wanted + ties + skip)
  ids = {}
  for i = 1, #found, 2 do
    local tie = tonumber(found[i + 1]) == tonumber(ARGV[4])
    local behind = (newest and found[i] < ARGV[5]) or (not newest and found[i] > ARGV[5])
    if not tie or behind then
      if skip > 0 then skip = skip - 1
      elseif #ids < wanted then ids[#ids + 1] = found[i] end
    end
  end
end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'updated')
local answer = {meta[1], meta[2], meta[3] or '', redis.call('ZCARD', KEYS[3]), redis.call('ZCARD', KEYS[4]), blog}
for _, id in ipairs(ids) do answer[#answer + 1] = redis.call('HGET', KEYS[2], id) end
return answer
