-- KEYS: consent, index of its subject
-- ARGV: name in the index
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
