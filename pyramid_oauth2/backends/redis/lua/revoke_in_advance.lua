-- KEYS: grant
-- ARGV: now, reason, the user, the end of the mark, its milliseconds
-- Returns 1 if the grant exists by now, which is then left as it is.
local NOW, REASON, SUBJECT, MARK_END, KEPT = unpack(ARGV)
local mark, value = read(KEYS[1], GRANT)
if value and not is_mark(mark) then return 1 end
local whose = (mark == nil or mark[WHOSE] == SUBJECT) and SUBJECT or '*'
local line = table.concat({MARK_END, '-', NOW, REASON, '-', whose}, ' ')
redis.call('SET', KEYS[1], line .. '\n', 'PX', KEPT)
return 0
