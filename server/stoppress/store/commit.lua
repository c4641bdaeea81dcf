-- One change of a blog, in one atomic step: check who was first, write the state, take the next sequence number,
-- append the event. Every key carries the hash tag {blog}, so that this runs on Redis Cluster too.
--
-- A record is what readers are told and what the state holds, one text for both:
--   [sequence, published posts, updated (ms or null), event]
-- It is put together from texts and never decoded here: cjson would bend empty lists and long numbers.
--
-- KEYS  1 meta: epoch, seq, updated, archived    2 state: thing -> its last record    3 revision: thing -> number
--       4 changed: thing by sequence             5 events: the stream                 6 drafts: id -> post
--       7 history: the thing's revisions         8 all: published ids by time         9 attempts: keys by expiry
--      10 attempt: what this key's first try got
--      11 tags: every tag ever used               12 … the indexes that the post leaves, then those that it enters
-- ARGV are strings, all of them:
--       1 thing (a post's id, or @blog)  2 revision expected (0: none yet)  3 revision made
--       4 event, or '' when readers learn nothing       5 published at (ms), its score in the indexes
--       6 noticed at (ms), or ''                        7 the post, when it is kept as a draft, or ''
--       8 what goes into the history                    9 events that the stream keeps
--      10 the attempt's fingerprint, or ''             11 seconds it is kept         12 the answer to keep with it
--      13 epoch of a new blog, or ''                   14 '1' or '0': archived from now on; '' for a post
--      15 how many indexes are left                    16 … tags that the post enters with

local thing, expected, made, event = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if ARGV[10] ~= '' then
  local first = redis.call('HMGET', KEYS[10], 'fingerprint', 'sequence', 'answer')
  if first[1] then
    return {'replayed', first[1], redis.call('HGET', KEYS[1], 'epoch'), first[2], first[3]}
  end
end

local standing = redis.call('HGET', KEYS[3], thing) or '0'
if thing ~= '@blog' then
  if redis.call('HEXISTS', KEYS[3], '@blog') == 0 then return {'missing'} end
  if redis.call('HGET', KEYS[1], 'archived') == '1' then return {'archived'} end
elseif expected ~= '0' and standing == '0' then
  return {'missing'}
end
if standing ~= expected then return {'stale', standing} end

if ARGV[13] ~= '' then redis.call('HSET', KEYS[1], 'epoch', ARGV[13], 'seq', '0') end
if ARGV[14] ~= '' then redis.call('HSET', KEYS[1], 'archived', ARGV[14]) end
local epoch = redis.call('HGET', KEYS[1], 'epoch')

redis.call('HSET', KEYS[3], thing, made)
redis.call('RPUSH', KEYS[7], ARGV[8])

local left = tonumber(ARGV[15])
for i = 12, 11 + left do redis.call('ZREM', KEYS[i], thing) end
for i = 12 + left, #KEYS do redis.call('ZADD', KEYS[i], ARGV[5], thing) end
for i = 16, #ARGV do redis.call('SADD', KEYS[11], ARGV[i]) end

local sequence
if event == '' then
  redis.call('HSET', KEYS[6], thing, ARGV[7])
  sequence = redis.call('HGET', KEYS[1], 'seq')
else
  local updated = redis.call('HGET', KEYS[1], 'updated')
  if ARGV[6] ~= '' and (not updated or tonumber(ARGV[6]) > tonumber(updated)) then
    updated = ARGV[6]
    redis.call('HSET', KEYS[1], 'updated', updated)
  end
  sequence = string.format('%d', redis.call('HINCRBY', KEYS[1], 'seq', 1))
  local record = '[' .. sequence .. ',' .. redis.call('ZCARD', KEYS[8]) .. ',' .. (updated or 'null') .. ',' .. event .. ']'
  redis.call('HDEL', KEYS[6], thing)
  redis.call('HSET', KEYS[2], thing, record)
  redis.call('ZADD', KEYS[4], sequence, thing)
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[9], sequence .. '-0', 'record', record, 'epoch', epoch)
end

if ARGV[10] ~= '' then
  local now = redis.call('TIME')[1]
  redis.call('HSET', KEYS[10], 'fingerprint', ARGV[10], 'sequence', sequence, 'answer', ARGV[12])
  redis.call('EXPIRE', KEYS[10], ARGV[11])
  redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', now)
  redis.call('ZADD', KEYS[9], now + ARGV[11], KEYS[10])
end
return {'done', epoch, sequence}
