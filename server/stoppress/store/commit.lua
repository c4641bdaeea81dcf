-- Writes changes of one blog in one atomic step, all of them or none: checks the revisions, writes the state, takes
-- the next sequence numbers, and appends the events. Every key has the hash tag {blog}, so it runs on Redis Cluster too.
--
-- A record is one text, and both what readers receive and what the state holds:
--   [sequence, published posts, updated (ms or null), event]
-- It is concatenated from texts and never decoded here, because cjson would distort empty lists and long numbers.
--
-- KEYS  1 meta: epoch, seq, updated, archived, private   2 state: thing -> its last record    3 revision: thing -> number
--       4 changed: thing by sequence             5 events: the stream                 6 drafts: id -> post
--       7 all: published ids by time             8 attempts: keys by expiry           9 the first attempt's answer
--      10 tags: every tag ever used               11 folding: thing -> its revision, since when (ms), whose
--      then for each change: the thing's history, the indexes that it leaves, those that it enters
-- ARGV, all strings:
--       1 events to keep in the stream           2 the attempt's fingerprint, or ''   3 seconds to keep it
--       4 the answer to keep with it             5 epoch of a new blog, or ''
--       6 for a blog, two digits, '1' or '0': whether it is archived, and whether it is private; '' for posts
--       7 the time of the change (ms), or '' for the blog
--      then for each change:
--      +0 thing (a post's id, or @blog)         +1 expected revision (0: none yet)   +2 new revision
--      +3 event, or '' if readers see nothing                                    +4 published at (ms), its score
--      +5 noticed at (ms), or ''                +6 the post, if it is stored as a draft, or ''
--      +7 the line for the history              +8 number of indexes left            +9 number of indexes entered
--     +10 the token whose last revision this one may replace in the history, or ''
--     +11 number of tags entered               +12 … those tags
-- Returns 'done', the epoch, and the sequence number of each change.

-- Folding: unpublished revisions that one token makes within this time (ms) take one line of the history, the last one's.
-- `folding` names the revision of that line, so a line that anything else wrote is never replaced.
local FOLDED = 60000

if ARGV[2] ~= '' then
  local first = redis.call('HMGET', KEYS[9], 'fingerprint', 'sequence', 'answer')
  if first[1] then
    -- Write it again unchanged: a caller who waits for the disk (WAITAOF) then waits for the first attempt's write too.
    redis.call('HSET', KEYS[9], 'fingerprint', first[1])
    return {'replayed', first[1], redis.call('HGET', KEYS[1], 'epoch'), first[2], first[3]}
  end
end

local now = redis.call('TIME')
local at = 8
while at <= #ARGV do
  local thing, expected = ARGV[at], ARGV[at + 1]
  local standing = redis.call('HGET', KEYS[3], thing) or '0'
  if thing ~= '@blog' then
    if redis.call('HEXISTS', KEYS[3], '@blog') == 0 then return {'missing'} end
    if redis.call('HGET', KEYS[1], 'archived') == '1' then return {'archived'} end
  elseif expected ~= '0' and standing == '0' then
    return {'missing'}
  end
  if standing ~= expected then return {'stale', thing, expected, standing} end
  at = at + 12 + ARGV[at + 11]
end

if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'epoch', ARGV[5], 'seq', '0') end
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'archived', string.sub(ARGV[6], 1, 1), 'private', string.sub(ARGV[6], 2, 2))
end

local answer = {'done', redis.call('HGET', KEYS[1], 'epoch')}
local key = 12
at = 8
while at <= #ARGV do
  local thing, event, score, noticed = ARGV[at], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  redis.call('HSET', KEYS[3], thing, ARGV[at + 2])
  local token, since, folds = ARGV[at + 10], ARGV[7], false
  if token ~= '' then
    local mark = redis.call('HGET', KEYS[11], thing) or ''
    local revision, begun, whose = string.match(mark, '^(%d+) (%d+) (.*)$')
    folds = revision == ARGV[at + 1] and whose == token and math.abs(ARGV[7] - begun) < FOLDED
      and redis.call('EXISTS', KEYS[key]) == 1
    if folds then since = begun end
    redis.call('HSET', KEYS[11], thing, ARGV[at + 2] .. ' ' .. since .. ' ' .. token)
  elseif ARGV[at + 1] ~= '0' then
    redis.call('HDEL', KEYS[11], thing)
  end
  if folds then
    redis.call('LSET', KEYS[key], -1, ARGV[at + 7])
  else
    redis.call('RPUSH', KEYS[key], ARGV[at + 7])
  end
  key = key + 1
  for _ = 1, tonumber(ARGV[at + 8]) do
    redis.call('ZREM', KEYS[key], thing)
    key = key + 1
  end
  for _ = 1, tonumber(ARGV[at + 9]) do
    redis.call('ZADD', KEYS[key], score, thing)
    key = key + 1
  end
  for i = at + 12, at + 11 + ARGV[at + 11] do redis.call('SADD', KEYS[10], ARGV[i]) end

  local sequence
  if event == '' then
    redis.call('HSET', KEYS[6], thing, ARGV[at + 6])
    sequence = redis.call('HGET', KEYS[1], 'seq')
  else
    local updated = redis.call('HGET', KEYS[1], 'updated')
    if noticed ~= '' and (not updated or tonumber(noticed) > tonumber(updated)) then
      updated = noticed
      redis.call('HSET', KEYS[1], 'updated', updated)
    end
    sequence = string.format('%d', redis.call('HINCRBY', KEYS[1], 'seq', 1))
    local count = redis.call('ZCARD', KEYS[7])
    local record = '[' .. sequence .. ',' .. count .. ',' .. (updated or 'null') .. ',' .. event .. ']'
    redis.call('HDEL', KEYS[6], thing)
    redis.call('HSET', KEYS[2], thing, record)
    redis.call('ZADD', KEYS[4], sequence, thing)
    redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[1], sequence .. '-0', 'record', record, 'epoch', answer[2],
      'at', now[1] .. string.format('%03d', math.floor(now[2] / 1000)))
  end
  answer[#answer + 1] = sequence
  at = at + 12 + ARGV[at + 11]
end

if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[9], 'fingerprint', ARGV[2], 'sequence', table.concat(answer, ',', 3), 'answer', ARGV[4])
  redis.call('EXPIRE', KEYS[9], ARGV[3])
  redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', now[1])
  redis.call('ZADD', KEYS[8], now[1] + ARGV[3], KEYS[9])
end
return answer
