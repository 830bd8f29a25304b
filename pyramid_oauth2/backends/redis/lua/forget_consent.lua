-- KEYS: consent, index of its subject
-- ARGV: name in the index
redis.call('ZADD', KEYS[2], 0, ARGV[1]) -- A write also if there is no consent, as for rewrite().
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
