-- KEYS: index
-- ARGV: now, end, member, milliseconds
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
trim(KEYS[1], ARGV[1])
keep(KEYS[1], tonumber(ARGV[4]))
return 0
