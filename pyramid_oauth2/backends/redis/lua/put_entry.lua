-- put_entry
-- Replaces an entry, or removes it, together with its places in the indexes.
-- KEYS: entry, index ...
-- ARGV: now, expected version and owner or "-" for none, value or "" to remove it,
--       milliseconds or "-" for ever, name in the indexes, end or "-" to remove it for each index ...
local ENTRY_OWNER = 3
local earlier = read(KEYS[1], ENTRY)
if (earlier and earlier[2] or '-') ~= ARGV[2] then return 0 end
-- Deleted and inserted again it has the same version, and perhaps another owner.
if (earlier and earlier[ENTRY_OWNER] or '-') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then
  redis.call('DEL', KEYS[1])
elseif ARGV[5] == '-' then
  redis.call('SET', KEYS[1], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
end
for number = 2, #KEYS do
  local index, index_end = KEYS[number], ARGV[number + 5]
  if index_end == '-' then
    redis.call('ZREM', index, ARGV[6])
  else
    redis.call('ZADD', index, index_end, ARGV[6])
  end
  trim(index, tonumber(ARGV[1]) - SPARE) -- An entry is listed as long as it can be read.
  outlive(index, ARGV[1])
end
return 1
