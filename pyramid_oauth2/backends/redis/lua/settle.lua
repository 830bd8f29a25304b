-- Run after a copy, which may write a spent token before or after its grant.
-- KEYS: token, grant, members
-- ARGV: now, the token's name among the members
local token, grant = read(KEYS[1], TOKEN), read(KEYS[2], GRANT)
if token and token[CONSUMED] ~= '-' and grant and grant[ABSOLUTE_END] ~= '-' then
  remember(grant, ARGV[2])
  replace(KEYS[2], grant)
  hold(KEYS[1], KEYS[3], ARGV[2], grant[END], ARGV[1])
end
return 0
