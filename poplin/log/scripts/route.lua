-- Put the matches of a stretch of the log into the triggers' queues and move the cursor.
-- KEYS log, state, refs, journal, its tail, then due of each trigger, then order of the last of
-- them: those that are ordered.
-- ARGV: cursor that the caller read from, last id it read, how many entries it read, its
-- generation, lease in µs, lines for the journal, how many triggers are ordered, then for each
-- trigger: number of ids, how many of them (the first) the caller leases, which of an ordered one
-- is none, the ids.
-- Returns the token, or nil when stale: another router was faster, the trigger set is newer
-- than the caller's, the broker is gone, or the caller read a log that a failover took away.
-- A newer set than the one in force is in force from now on: what it filled, a drop by an older
-- one must not empty.
local log, state, refs = KEYS[1], KEYS[2], KEYS[3]
local cursor = redis.call('HGET', state, 'cursor') or '0-0'
local generation = redis.call('HGET', state, 'generation')
if cursor ~= ARGV[1] or not generation or tonumber(generation) > tonumber(ARGV[4]) then
  return false
end
if #redis.call('XRANGE', log, ARGV[2], ARGV[2], 'COUNT', 1) == 0 then return false end

local now = now_us()
local token = -(now + tonumber(ARGV[5]))
local leased_until, due_now = text(token), text(now)
local references = {}
local ordered = tonumber(ARGV[7])
local last = #KEYS - ordered
local at = 8
for k = 6, last do
  local order = k > last - ordered and KEYS[k + ordered]
  local count, leased = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local members = {}
  for i = 1, count do
    local id = ARGV[at + 1 + i]
    local time = i <= leased and leased_until or due_now
    members[#members + 1] = order and line_up(log, KEYS[k], order, id, time) or time
    members[#members + 1] = id
    references[id] = (references[id] or 0) + 1
    if #members == 1000 or i == count then
      redis.call('ZADD', KEYS[k], unpack(members))
      members = {}
    end
  end
  at = at + 2 + count
end
local fields = {}
for id, count in pairs(references) do
  fields[#fields + 1] = id
  fields[#fields + 1] = count
  if #fields == 1000 then
    redis.call('HSET', refs, unpack(fields))
    fields = {}
  end
end
if #fields > 0 then redis.call('HSET', refs, unpack(fields)) end
redis.call('HSET', state, 'cursor', ARGV[2])
if generation ~= ARGV[4] then redis.call('HSET', state, 'generation', ARGV[4]) end
redis.call('HINCRBY', state, 'routed', ARGV[3])
write_journal(KEYS[4], KEYS[5], ARGV[6])
return text(token)
