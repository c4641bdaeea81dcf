-- Deletes a blog and all its keys in one atomic step.
--
-- KEYS 1 meta  2 state  3 revision  4 changed  5 events  6 drafts  7 all  8 attempts  9 tags  10 folding
-- ARGV 1 the prefix of all the blog's keys  2 the expected revision, or ''
-- Returns 0, or -1 if there was no blog, or the current revision if it is not the expected one.
-- The keys whose names are built here (histories, attempts, tags) share the hash tag, so a script may access them.

local standing = redis.call('HGET', KEYS[3], '@blog')
if standing and ARGV[2] ~= '' and standing ~= ARGV[2] then return tonumber(standing) end
for _, thing in ipairs(redis.call('HKEYS', KEYS[3])) do redis.call('DEL', ARGV[1] .. 'history:' .. thing) end
for _, attempt in ipairs(redis.call('ZRANGE', KEYS[8], 0, -1)) do redis.call('DEL', attempt) end
for _, tag in ipairs(redis.call('SMEMBERS', KEYS[9])) do redis.call('DEL', ARGV[1] .. 'index:tag:' .. tag) end
redis.call('DEL', ARGV[1] .. 'index:key', ARGV[1] .. 'index:pinned')
for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
return standing and 0 or -1
