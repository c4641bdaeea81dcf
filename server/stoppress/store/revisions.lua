#!lua flags=no-writes
-- Reads some revisions of a post from its history, at one moment. Revisions in a history increase, perhaps with gaps.
--
-- KEYS 1 history
-- ARGV 1 order: oldest or newest first  2 the revision after which to begin in that order, or ''
--      3 the most lines to return       4 the most bytes of lines to return; the first line may be longer
-- Returns '1' if there are more, else '0'; the line before the oldest line that is returned, or ''; then the lines.

local function revision_at(index)
  local line = redis.call('LINDEX', KEYS[1], index)
  return tonumber(string.match(line, '^{"revision":(%d+),') or cjson.decode(line).revision)
end

local count = redis.call('LLEN', KEYS[1])
local step = ARGV[1] == 'oldest' and 1 or -1
local index = step == 1 and 0 or count - 1
if ARGV[2] ~= '' then
  -- The first revision that is larger than `limit`, by binary search.
  local limit = tonumber(ARGV[2]) - (step == 1 and 0 or 1)
  local low, high = 0, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if revision_at(middle) > limit then high = middle else low = middle + 1 end
  end
  index = step == 1 and low or low - 1
end

local answer, bytes, oldest = {'0', ''}, 0, nil
while index >= 0 and index < count do
  local line = redis.call('LINDEX', KEYS[1], index)
  bytes = bytes + #line
  if #answer - 2 == tonumber(ARGV[3]) or (#answer > 2 and bytes > tonumber(ARGV[4])) then
    answer[1] = '1'
    break
  end
  answer[#answer + 1] = line
  if step == -1 or not oldest then oldest = index end
  index = index + step
end
if oldest and oldest > 0 then answer[2] = redis.call('LINDEX', KEYS[1], oldest - 1) end
return answer
