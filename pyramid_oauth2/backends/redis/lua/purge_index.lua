-- KEYS: index
-- ARGV: now
-- Answers how many records went: none, and -1 if there is more to trim.
trim(KEYS[1], ARGV[1])
return redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[1]) > 0 and -1 or 0
