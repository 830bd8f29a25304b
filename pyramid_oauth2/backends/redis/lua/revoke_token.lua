-- KEYS: token
-- ARGV: now
local token, value = read(KEYS[1], TOKEN)
if not token then return 0 end
if token[REVOKED] ~= '-' then
  rewrite(KEYS[1], value)
  return 0
end
token[REVOKED] = ARGV[1]
replace(KEYS[1], token)
return 1
