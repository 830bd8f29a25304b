-- KEYS: reservation
-- ARGV: now, value, milliseconds
local earlier, value = read(KEYS[1])
if earlier and tonumber(earlier[END]) > tonumber(ARGV[1]) then
  rewrite(KEYS[1], value)
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
