-- KEYS: reservation
-- ARGV: now, value, milliseconds
local earlier, value = read(KEYS[1], ENDING)
-- Whether one that cannot be read has ended is not known.
if value and (not earlier or tonumber(earlier[END]) > tonumber(ARGV[1])) then
  rewrite(KEYS[1], value)
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
