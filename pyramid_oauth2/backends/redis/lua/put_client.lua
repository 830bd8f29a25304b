-- KEYS: client, index ...
-- ARGV: expected version or "-" for none, value, "ZADD" or "ZREM" and an entry for each
--       index ...
if redis.call('GET', KEYS[1]) == 'deleted\n' then return 0 end
if version_of(KEYS[1], CLIENT, 1) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for number = 2, #KEYS do
  local entry = ARGV[2 * number]
  if ARGV[2 * number - 1] == 'ZADD' then
    redis.call('ZADD', KEYS[number], 0, entry)
  else
    redis.call('ZREM', KEYS[number], entry)
  end
end
return 1
