-- KEYS: grant
-- ARGV: now, reason, the value to store if there is no grant yet or "-", its milliseconds
local grant, value = read(KEYS[1], GRANT)
if not grant then
  if ARGV[3] ~= '-' then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
  return 0
end
if grant[REVOKED] ~= '-' then
  rewrite(KEYS[1], value)
  return 0
end
grant[REVOKED], grant[REASON] = ARGV[1], ARGV[2]
replace(KEYS[1], grant)
return 1
