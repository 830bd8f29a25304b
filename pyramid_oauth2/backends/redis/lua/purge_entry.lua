-- purge_entry
-- Its places in the indexes are trimmed with these.
-- KEYS: entry
-- ARGV: now
local entry = read(KEYS[1], ENTRY)
if not entry or entry[END] == '-' or tonumber(entry[END]) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
return 1
