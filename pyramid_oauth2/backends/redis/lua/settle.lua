-- Run after a copy, which may write a spent code before or after its grant.
-- KEYS: code, grant, members
-- ARGV: now, the code's name among the members
local code, grant = read(KEYS[1]), read(KEYS[2])
if code and code[CONSUMED] ~= '-' and grant and grant[ABSOLUTE_END] ~= '-' then
  grant[CODE] = ARGV[2]
  replace(KEYS[2], grant)
  keep(KEYS[1], milliseconds(grant[END], ARGV[1]))
  redis.call('ZADD', KEYS[3], 'XX', 'GT', grant[END], ARGV[2])
  keep(KEYS[3], milliseconds(grant[END], ARGV[1]))
end
return 0
