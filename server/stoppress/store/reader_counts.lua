-- How many read a blog, over all processes and machines: each says how many it has, and what it said holds for a while.
--
-- KEYS 1 readers: process -> 'number until(ms)'
-- ARGV 1 process   2 its readers   3 for how long that holds (ms); 0 to ask only
-- Answers how many the others have. The clock is the server's own, so that nobody else's counts.

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
if ARGV[3] ~= '0' then
  if ARGV[2] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[1])
  else
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%d', now + ARGV[3]))
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  end
end
return others
