-- KEYS: grant, members, new records ...
-- ARGV: now, four for each new record ...
local grant = read(KEYS[1], GRANT)
-- A grant that was revoked before it existed has no absolute end.
if grant and grant[ABSOLUTE_END] == '-' then return 'REFUSED' end
if taken(3) then return 'DUPLICATE' end
insert(3, 2, KEYS[2])
trim(KEYS[2], ARGV[1])
return 'DONE'
