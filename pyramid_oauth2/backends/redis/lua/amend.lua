-- KEYS: token, members
-- ARGV: version, next version, new end or "-", "+" if there is new data, the data, its name
--       among the members
local token = read(KEYS[1], TOKEN)
if not token or token[VERSION] ~= ARGV[1] then return 0 end
if token[CONSUMED] ~= '-' or token[REVOKED] ~= '-' then return 0 end
local later = 0
if ARGV[3] ~= '-' then
  later = (tonumber(ARGV[3]) - tonumber(token[END])) * 1000
  token[END] = ARGV[3]
end
if ARGV[4] == '+' then token.rest = parent_of(token) .. ARGV[5] end
token[VERSION] = ARGV[2]
replace(KEYS[1], token)
if later ~= 0 then
  local left = math.max(redis.call('PTTL', KEYS[1]) + later, SPARE * 1000)
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
  if token[GRANTED] ~= '-' then
    redis.call('ZADD', KEYS[2], token[END], ARGV[6])
    keep(KEYS[2], left)
  end
end
return 1
