-- KEYS: token, grant, members, the token's sealed answer, its parent's, the spent code whose name
--       the grant holds, tokens to retire ..., new records ...
-- ARGV: now, attempt, "+" if a new grant is among the new records, how many to retire, the new
--       end of the grant, the sealed answer, its milliseconds, the token's name among the members
--       if it is a code, the name of the spent code, four for each new record ...
local NOW, BY, NEW_GRANT, RETIRED, NEW_END, ANSWER = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local ANSWER_KEPT, CODE_NAME, SPENT_NAME = ARGV[7], ARGV[8], ARGV[9]
local FIRST_RETIRED = 7
local FIRST_NEW = FIRST_RETIRED + tonumber(RETIRED)

local token, value = read(KEYS[1])
if not token then return {'MISSING'} end
local granted = token[GRANTED] ~= '-'
local grant = (granted or NEW_GRANT ~= '-') and read(KEYS[2]) or nil
if token[REVOKED] ~= '-' or (granted and not grant) or (grant and grant[REVOKED] ~= '-') then
  return {'DEAD'}
end
if token[ATTEMPT] == BY then return {'WON'} end
if token[CONSUMED] ~= '-' then return {'CONSUMED', value, redis.call('GET', KEYS[4])} end
if tonumber(token[END]) <= tonumber(NOW) then return {'EXPIRED'} end
if taken(FIRST_NEW) then return {'DUPLICATE'} end

-- From here on there are only writes: an error between them would not undo the earlier ones.

token[CONSUMED], token[ATTEMPT] = NOW, BY
replace(KEYS[1], token)
if ANSWER == '-' then
  redis.call('DEL', KEYS[4])
else
  redis.call('SET', KEYS[4], ANSWER, 'PX', ANSWER_KEPT)
end
redis.call('DEL', KEYS[5])

if granted then
  if NEW_END ~= '-' then
    local beyond = tonumber(NEW_END) > tonumber(grant[ABSOLUTE_END])
    local wanted = beyond and grant[ABSOLUTE_END] or NEW_END
    if tonumber(wanted) > tonumber(grant[END]) then grant[END] = wanted end
  end
  local spent_key, spent_name = KEYS[6], SPENT_NAME
  if CODE_NAME ~= '-' then
    spent_key, spent_name = KEYS[1], CODE_NAME
    grant[CODE] = CODE_NAME
  end
  replace(KEYS[2], grant)
  keep(KEYS[2], milliseconds(grant[END], NOW))
  -- A spent code is stored as long as its grant lives, since its replay must be detected.
  if spent_name ~= '-' then
    keep(spent_key, milliseconds(grant[END], NOW))
    redis.call('ZADD', KEYS[3], 'XX', 'GT', grant[END], spent_name)
    keep(KEYS[3], milliseconds(grant[END], NOW))
  end
end

for number = FIRST_RETIRED, FIRST_NEW - 1 do
  local retired = read(KEYS[number])
  if retired and retired[REVOKED] == '-' then
    retired[REVOKED] = NOW
    replace(KEYS[number], retired)
  end
end
insert(FIRST_NEW, 10, KEYS[3])
trim(KEYS[3], NOW)
return {'WON'}
