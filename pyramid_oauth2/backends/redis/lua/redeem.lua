-- KEYS: token, grant, members, the token's sealed answer, its parent's, the spent tokens whose names
--       the grant holds ..., tokens to retire ..., new records ...
-- ARGV: now, attempt, the user of the new grant and when it was created, or "-" and "-" if there is
--       none, the new end of the grant, the sealed answer, its end, the token's name among the
--       members, "+" if its kind is remembered, the names that the grant holds, how many these are,
--       how many to retire, until when the grant is now in its indexes or "-" if that is as it was,
--       four for each new record ...
local NOW, BY, SUBJECT, CREATED, NEW_END, ANSWER, ANSWER_END = unpack(ARGV, 1, 7)
local NAME, IS_REMEMBERED, HELD, HOW_MANY_HELD, HOW_MANY_RETIRED, UNTIL = unpack(ARGV, 8, 13)
local FIRST_HELD = 6
local FIRST_RETIRED = FIRST_HELD + tonumber(HOW_MANY_HELD)
local FIRST_NEW = FIRST_RETIRED + tonumber(HOW_MANY_RETIRED)

local token, value = read(KEYS[1], TOKEN)
if not token then return {'MISSING'} end
local granted = token[GRANTED] ~= '-'
local grant = (granted or SUBJECT ~= '-') and read(KEYS[2], GRANT) or nil
local marked = is_mark(grant)
if marked and not granted and not refuses(grant, SUBJECT, CREATED) then grant = nil end
if token[REVOKED] ~= '-' or (granted and not grant) or (grant and grant[REVOKED] ~= '-') then
  return {'DEAD'}
end
if token[ATTEMPT] == BY then
  rewrite(KEYS[1], value)
  return {'WON'}
end
if token[CONSUMED] ~= '-' then return {'CONSUMED', value, redis.call('GET', KEYS[4])} end
if tonumber(token[END]) <= tonumber(NOW) then return {'EXPIRED'} end
if taken(FIRST_NEW, marked and KEYS[2]) then return {'DUPLICATE'} end
-- Another token of the grant was spent since the caller has read which ones are.
if granted and NEW_END ~= '-' and grant[REMEMBERED] ~= HELD then return {'AGAIN'} end
-- The caller has read the grant of another time, which was in its indexes for longer.
if granted and NEW_END ~= '-' and UNTIL == '-' then
  local listed = math.max(tonumber(grant[END]), tonumber(grant[INDEXED] or '') or 0)
  if math.min(tonumber(NEW_END), tonumber(grant[ABSOLUTE_END])) > listed then return {'AGAIN'} end
end

-- From here on there are only writes: an error between them would not undo the earlier ones.

token[CONSUMED], token[ATTEMPT] = NOW, BY
replace(KEYS[1], token)
if ANSWER == '-' then
  redis.call('DEL', KEYS[4])
else
  redis.call('SET', KEYS[4], ANSWER, 'PX', string.format('%.0f', milliseconds(ANSWER_END, NOW)))
  if tonumber(ANSWER_END) > tonumber(token[END]) then
    if granted then
      hold(KEYS[1], KEYS[3], NAME, ANSWER_END, NOW)
    else
      keep(KEYS[1], milliseconds(ANSWER_END, NOW))
    end
  end
end
redis.call('DEL', KEYS[5])

if granted then
  if NEW_END ~= '-' then
    local beyond = tonumber(NEW_END) > tonumber(grant[ABSOLUTE_END])
    local wanted = beyond and grant[ABSOLUTE_END] or NEW_END
    if tonumber(wanted) > tonumber(grant[END]) then grant[END] = wanted end
    local number = FIRST_HELD
    for name in names(grant) do
      hold(KEYS[number], KEYS[3], name, grant[END], NOW)
      number = number + 1
    end
  end
  if UNTIL ~= '-' and tonumber(UNTIL) > (tonumber(grant[INDEXED] or '') or 0) then
    grant[INDEXED] = UNTIL
  end
  if IS_REMEMBERED == '+' then
    remember(grant, NAME)
    hold(KEYS[1], KEYS[3], NAME, grant[END], NOW)
  end
  replace(KEYS[2], grant)
  keep(KEYS[2], milliseconds(grant[END], NOW))
end

for number = FIRST_RETIRED, FIRST_NEW - 1 do
  local retired = read(KEYS[number], TOKEN)
  if retired and retired[REVOKED] == '-' then
    retired[REVOKED] = NOW
    replace(KEYS[number], retired)
  end
end
insert(FIRST_NEW, 14, KEYS[3])
trim(KEYS[3], NOW)
return {'WON'}
