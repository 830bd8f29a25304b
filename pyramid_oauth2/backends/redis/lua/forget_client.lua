-- KEYS: client, index of all client_ids
-- ARGV: entry in the index
if redis.call('GET', KEYS[1]) ~= 'deleted\n' then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
