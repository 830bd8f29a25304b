-- A record is one line of ASCII fields, separated by blanks, followed by bytes that no script
-- reads. The first field is its end; "-" means that a field is absent. Times are UTC seconds,
-- copied as text: Lua would print a large one as 4e+09.

-- Fields of a token ...
local END, CONSUMED, REVOKED, ATTEMPT, VERSION, GRANTED, PARENT = 1, 2, 3, 4, 5, 6, 8
-- ... and of a grant, in which END and REVOKED are the same.
local ABSOLUTE_END, REASON, REMEMBERED = 2, 4, 5
local INDEXED = 6 -- Until when it is in its indexes; an earlier version did not write it.
-- A mark is in the place of a grant that was revoked while it was being opened.
local WHOSE = 6 -- The user's; an earlier version did not write it. "*" means several users'.
local CLOCKS = 5 -- Seconds by which those of two callers may differ.

-- What the line of a record begins with; ENDING is for all that have an end.
local TOKEN = '^%d+ %S+ %S+ %S+ %S+ %S+ %S+ %S+'
local GRANT = '^%d+ [%d-]%d* %S+ %S+ %S+'
local ENTRY = '^[%d-]%d* %S+ %S+'
local CONSENT = '^%d+ %d+'
local CLIENT = '^%d+$' -- Only its version.
local ENDING = '^%d+'

-- Returns a record, or nil, and the value if there is one. A line that another program has damaged
-- is no record: a script must not fail between two writes, nor a purge because of one key.
local function read(key, form)
  local value = redis.call('GET', key)
  if not value then return nil end
  local line_end = string.find(value, '\n', 1, true)
  local line = string.sub(value, 1, (line_end or 1) - 1)
  if not string.find(line, form) then return nil, value end
  local record = {rest = string.sub(value, line_end)}
  for field in string.gmatch(line, '%S+') do
    record[#record + 1] = field
  end
  return record, value
end

-- Returns what precedes the data of a token: if its parent is "=", a digest of 32 bytes.
local function parent_of(token)
  return string.sub(token.rest, 1, token[PARENT] == '=' and 33 or 1)
end

-- Returns the version by which a caller replaces a record: "-" if there is none, and 0 if the line
-- cannot be read.
local function version_of(key, form, field)
  local record, value = read(key, form)
  if record then return record[field] end
  return value and '0' or '-'
end

local function text(record)
  return table.concat(record, ' ') .. record.rest
end

local function replace(key, record)
  redis.call('SET', key, text(record), 'KEEPTTL')
end

-- Writes a record as it is. WAIT counts replicas for the writes of its own connection only: without
-- one, a repeated call would not wait for what the first call wrote.
local function rewrite(key, value)
  redis.call('SET', key, value, 'KEEPTTL')
end

local function is_mark(grant)
  return grant ~= nil and grant[ABSOLUTE_END] == '-'
end

-- Whether a mark ends a new grant: one of its user that was begun before the revocation. The user
-- may allow the same request later, and so may another user.
local function refuses(mark, subject, created_at)
  local whose = mark[WHOSE] or '*'
  if whose ~= '*' and whose ~= subject then return false end
  return tonumber(created_at) <= (tonumber(mark[REVOKED]) or math.huge) + CLOCKS
end

-- A grant holds the names of its spent tokens of a kind that is remembered, separated by commas.
-- They are stored as long as the grant lives, since their replay must be detected.

local function names(grant)
  return string.gmatch(grant[REMEMBERED] == '-' and '' or grant[REMEMBERED], '[^,]+')
end

local function remember(grant, name)
  for known in names(grant) do
    if known == name then return end
  end
  grant[REMEMBERED] = grant[REMEMBERED] == '-' and name or grant[REMEMBERED] .. ',' .. name
end

-- Stores a spent token of a grant, if it is there, and its name among the members, at least until
-- an end. The name may be missing: a purge takes it out at the earlier end.
local function hold(key, members, name, wanted, now)
  if redis.call('EXISTS', key) == 0 then return end
  keep(key, milliseconds(wanted, now))
  redis.call('ZADD', members, 'GT', wanted, name)
  keep(members, milliseconds(wanted, now))
end

-- New records are the last keys; each has four arguments: value, milliseconds, and its end and
-- name among the members of the grant, or "-" if it is not a member.

-- A mark does not take the key of its grant.
local function taken(first_key, marked)
  for number = first_key, #KEYS do
    local key = KEYS[number]
    if key ~= marked and redis.call('EXISTS', key) == 1 then return true end
  end
  return false
end

local function insert(first_key, first_argument, members)
  local argument = first_argument
  for number = first_key, #KEYS do
    redis.call('SET', KEYS[number], ARGV[argument], 'PX', ARGV[argument + 1])
    if ARGV[argument + 2] ~= '-' then
      redis.call('ZADD', members, ARGV[argument + 2], ARGV[argument + 3])
      keep(members, tonumber(ARGV[argument + 1]))
    end
    argument = argument + 4
  end
end

