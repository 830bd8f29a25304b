local SPARE = 300 -- seconds that a key outlives its record, in case clocks differ
local TRIMMED = 100 -- index entries that one write may remove

local function milliseconds(record_end, now)
  return (math.max(tonumber(record_end) - tonumber(now), 0) + SPARE) * 1000
end

-- Makes the key live at least that long; never shortens its life.
local function keep(key, wanted)
  if redis.call('PTTL', key) < wanted then
    redis.call('PEXPIRE', key, string.format('%.0f', wanted))
  end
end

local function trim(index, now)
  local over = redis.call('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, TRIMMED)
  if #over > 0 then redis.call('ZREM', index, unpack(over)) end
end

