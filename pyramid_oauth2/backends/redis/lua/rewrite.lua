-- KEYS: record
local value = redis.call('GET', KEYS[1])
if value then rewrite(KEYS[1], value) end
return 0
