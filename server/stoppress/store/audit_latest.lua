#!lua flags=no-writes
-- Reads the latest entries of both streams of the audit log at one moment.
--
-- KEYS 1 the stream of writes  2 the stream of refused requests
-- ARGV 1 the end of the range, as XREVRANGE takes it  2 entries to read of each stream
-- Returns the entries of each stream, the latest first, as XREVRANGE does.

local found = {}
for i, stream in ipairs(KEYS) do
  found[i] = redis.call('XREVRANGE', stream, ARGV[1], '-', 'COUNT', ARGV[2])
end
return found
