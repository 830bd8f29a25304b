-- KEYS: record
local _, value = read(KEYS[1])
if value then rewrite(KEYS[1], value) end
return 0
