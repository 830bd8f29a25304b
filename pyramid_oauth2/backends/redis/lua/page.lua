-- The entries of a sorted set after one that is given by score and member, since it may be gone.
-- KEYS: index
-- ARGV: score, member, how many

-- By bytes, as the server sorts; Lua's own "<" depends on its locale.
local function before(one, other)
  for number = 1, math.min(#one, #other) do
    local left, right = string.byte(one, number), string.byte(other, number)
    if left ~= right then return left < right end
  end
  return #one < #other
end

local score, member = tonumber(ARGV[1]), ARGV[2]
local low, high = 0, redis.call('ZCARD', KEYS[1])
while low < high do
  local middle = math.floor((low + high) / 2)
  local entry = redis.call('ZRANGE', KEYS[1], middle, middle, 'WITHSCORES')
  local at = tonumber(entry[2])
  if at > score or (at == score and before(member, entry[1])) then
    high = middle
  else
    low = middle + 1
  end
end
return redis.call('ZRANGE', KEYS[1], low, low + tonumber(ARGV[3]) - 1, 'WITHSCORES')
