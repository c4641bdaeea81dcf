-- Counts a blog's readers over all processes and machines. Each process reports its own, and a report expires.
--
-- KEYS 1 readers: process -> 'number until(ms)'
-- ARGV 1 process   2 its readers   3 when the report expires, in ms from now
-- Returns the number of readers of the other processes. Only the store's own clock is used.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local others = 0
local said = redis.call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  local number, till = string.match(said[i + 1], '^(%d+) (%d+)$')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], said[i])
  elseif said[i] ~= ARGV[1] then
    others = others + tonumber(number)
  end
end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%d', now + ARGV[3]))
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
return others
