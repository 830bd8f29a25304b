-- KEYS: record, and for a consent the index of its subject
-- ARGV: now, and for a consent its name in that index
local record = read(KEYS[1], ENDING)
if not record or tonumber(record[END]) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
if KEYS[2] then redis.call('ZREM', KEYS[2], ARGV[2]) end
return 1
