-- Appends entries to the audit log. Refused requests have a stream of their own, so that they displace no other entries.
-- Ids are unique over both streams and increase with each entry, so that the streams can be read as one.
--
-- KEYS 1 the stream of writes  2 the stream of refused requests
-- ARGV 1 writes to keep  2 refused requests to keep  3 for how long to keep entries (ms)
--      then for each entry: the number of its stream (1 or 2), the entry

local now = redis.call('TIME')
local ms, sequence = now[1] * 1000 + math.floor(now[2] / 1000), 0
local oldest = string.format('%d', ms - ARGV[3])
for _, stream in ipairs(KEYS) do
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if last then
    local last_ms, last_sequence = string.match(last[1], '(%d+)-(%d+)')
    last_ms, last_sequence = tonumber(last_ms), tonumber(last_sequence)
    if last_ms > ms or last_ms == ms and last_sequence >= sequence then
      ms, sequence = last_ms, last_sequence + 1
    end
  end
end
for at = 4, #ARGV, 2 do
  local stream = tonumber(ARGV[at])
  local id = string.format('%d-%d', ms, sequence)
  redis.call('XADD', KEYS[stream], 'MAXLEN', '~', ARGV[stream], id, 'act', ARGV[at + 1])
  sequence = sequence + 1
end
for _, stream in ipairs(KEYS) do redis.call('XTRIM', stream, 'MINID', oldest) end
