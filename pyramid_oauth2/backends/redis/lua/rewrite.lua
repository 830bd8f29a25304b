-- KEYS: record
local value = redis.call('GET', KEYS[1])
if value then
  rewrite(KEYS[1], value)
else -- What was removed: a write as well.
  redis.call('SET', KEYS[1], '')
  redis.call('DEL', KEYS[1])
end
return 0
