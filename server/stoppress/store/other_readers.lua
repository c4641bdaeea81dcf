#!lua flags=no-writes
-- Counts a blog's readers in all processes but one, and writes nothing: reader_counts.lua removes expired reports.
--
-- KEYS 1 readers: process -> 'number until(ms)'
-- ARGV 1 the process to leave out

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local others = 0
local said = redis.call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  local number, till = string.match(said[i + 1], '^(%d+) (%d+)$')
  if said[i] ~= ARGV[1] and tonumber(till) >= now then others = others + tonumber(number) end
end
return others
