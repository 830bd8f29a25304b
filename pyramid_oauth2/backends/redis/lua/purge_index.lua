-- KEYS: index
-- ARGV: now
-- Returns how many records were removed: 0, or -1 if there is more to trim.
trim(KEYS[1], ARGV[1])
return redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[1]) > 0 and -1 or 0
