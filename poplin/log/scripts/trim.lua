-- Delete what is routed, unreferenced and beyond the replay window.
-- KEYS log, state, refs. ARGV: the id below which age removes entries, the most bytes the log
-- may have, how many entries to look at one by one.
-- Returns how many went and 1 when another call would find more.
local log, state, refs = KEYS[1], KEYS[2], KEYS[3]
local cursor = redis.call('HGET', state, 'cursor')
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
if not cursor or not first then return {0, 0} end

local line = before(ARGV[1], cursor) and ARGV[1] or cursor
local size, length = redis.call('MEMORY', 'USAGE', log, 'SAMPLES', 64), redis.call('XLEN', log)
local excess = 0
if size > tonumber(ARGV[2]) then excess = math.ceil(length * (1 - tonumber(ARGV[2]) / size)) end
if excess == 0 and not before(first[1], line) then return {0, 0} end

-- Whole nodes up to the lowest id referred to: cheap, and the usual case.
local gone = 0
if redis.call('HLEN', refs) <= 1000 then
  local floor = cursor
  for _, id in ipairs(redis.call('HKEYS', refs)) do
    if before(id, floor) then floor = id end
  end
  local old = before(line, floor) and line or floor
  gone = redis.call('XTRIM', log, 'MINID', '~', old, 'LIMIT', 20000)
  if gone < excess then
    gone = gone + redis.call('XTRIM', log, 'MINID', '~', floor, 'LIMIT', math.min(excess - gone, 20000))
  end
end

-- The rest one by one, from the trimmed line on: below it nothing unreferenced is left.
local trimmed = redis.call('HGET', state, 'trimmed') or '0-0'
first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
if first and before(trimmed, first[1]) and not before(cursor, first[1]) then trimmed = first[1] end
local more, bytes, looked = 0, 0, 0
while true do
  local entry = redis.call('XRANGE', log, trimmed, '+', 'COUNT', 1)[1]
  if not entry or not before(entry[1], cursor) then break end
  if not before(entry[1], line) and gone >= excess then break end
  if looked >= tonumber(ARGV[3]) or bytes > 4194304 then more = 1; break end
  looked = looked + 1
  for _, field in ipairs(entry[2]) do bytes = bytes + #field end
  if redis.call('HEXISTS', refs, entry[1]) == 0 then
    redis.call('XDEL', log, entry[1])
    gone = gone + 1
  end
  local ms, seq = string.match(entry[1], '^(%d+)-(%d+)$')
  trimmed = ms .. '-' .. text(tonumber(seq) + 1)
end
redis.call('HSET', state, 'trimmed', trimmed)
return {gone, more}
