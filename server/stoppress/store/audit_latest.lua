#!lua flags=no-writes
-- Reads the latest entries of both streams of the audit log at one moment.
--
-- KEYS 1 the stream of writes  2 the stream of refused requests
-- ARGV 1 the end of the range, as XREVRANGE takes it  2 entries to read of each stream
--      3 the age (ms) of the oldest entry to read: older ones are erased with the next entry that is written
-- Returns the entries of each stream, the latest first, as XREVRANGE does.

local now = redis.call('TIME')
local oldest = string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[3])
local found = {}
for i, stream in ipairs(KEYS) do
  found[i] = redis.call('XREVRANGE', stream, ARGV[1], oldest, 'COUNT', ARGV[2])
end
return found
