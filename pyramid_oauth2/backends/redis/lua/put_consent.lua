-- KEYS: consent, index of its subject
-- ARGV: expected version or "-" for none, value, name in the index
if version_of(KEYS[1], CONSENT, 2) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
return 1
