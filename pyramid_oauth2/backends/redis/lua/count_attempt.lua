-- KEYS: the attempts of a source
-- ARGV: milliseconds of a window
local attempts = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return attempts
