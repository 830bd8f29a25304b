-- KEYS: grant
-- ARGV: now, reason
local grant, value = read(KEYS[1], GRANT)
if not grant then return 0 end
if grant[REVOKED] ~= '-' then
  rewrite(KEYS[1], value)
  return 0
end
grant[REVOKED], grant[REASON] = ARGV[1], ARGV[2]
replace(KEYS[1], grant)
return 1
