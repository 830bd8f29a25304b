-- KEYS: token
-- ARGV: now
local token = read(KEYS[1])
if not token or token[REVOKED] ~= '-' then return 0 end
token[REVOKED] = ARGV[1]
replace(KEYS[1], token)
return 1
