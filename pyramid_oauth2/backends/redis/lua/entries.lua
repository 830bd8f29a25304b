-- entries
local NEVER = 2 ^ 53 -- the end of an entry that does not end, as a score

-- Makes an index live as long as its last entry.
local function outlive(index, now)
  local last = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')
  if #last == 0 then return end
  if tonumber(last[2]) >= NEVER then
    redis.call('PERSIST', index)
  else
    redis.call('PEXPIRE', index, string.format('%.0f', milliseconds(last[2], now)))
  end
end

