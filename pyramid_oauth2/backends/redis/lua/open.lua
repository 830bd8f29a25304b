-- KEYS: grant, members, new records ...
-- ARGV: now, the user of the new grant and when it was created, or "-" and "-" if only tokens are
--       new, four for each new record ...
local NOW, SUBJECT, CREATED = unpack(ARGV, 1, 3)
local grant = read(KEYS[1], GRANT)
local marked = is_mark(grant)
if marked and SUBJECT ~= '-' and refuses(grant, SUBJECT, CREATED) then return 'REFUSED' end
if taken(3, marked and KEYS[1]) then return 'DUPLICATE' end
insert(3, 4, KEYS[2])
trim(KEYS[2], NOW)
return 'DONE'
