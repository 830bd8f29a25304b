-- KEYS: token, sealed answer, grant, members
-- ARGV: now, name among the members, "+" if its kind is remembered
local token, answer = read(KEYS[1], TOKEN), read(KEYS[2], ENDING)
if not token then return 0 end
local kept = tonumber(token[END])
if answer then kept = math.max(kept, tonumber(answer[END])) end
local grant = nil
if ARGV[3] == '+' and token[CONSUMED] ~= '-' and token[GRANTED] ~= '-' then
  grant = read(KEYS[3], GRANT)
  if grant then kept = math.max(kept, tonumber(grant[END])) end
end
if kept > tonumber(ARGV[1]) then return 0 end
-- Otherwise a late redemption could extend the grant, which would live on without its spent token.
if grant and grant[REVOKED] == '-' then
  grant[REVOKED] = ARGV[1]
  replace(KEYS[3], grant)
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[4], ARGV[2])
return 1
