-- How each queue fares, for people and gauges to see. Changes nothing.
-- KEYS due and dead of each trigger, at most 100 of them. ARGV how many members to look at.
-- Returns per trigger: entries due, of these leased, waiting for a later time, dead, and the ms of
-- the oldest that is due ('' when none is). The oldest is exact for a queue that is within its share of
-- the looks; of a longer one it is looked for where old ones are: among the first that may be
-- attempted, the first leased, and those whose retry is the furthest.
local now = now_us()
local share = math.max(100, math.floor(tonumber(ARGV[1]) / (#KEYS / 2)))

local oldest
local function look(ids)
  for _, id in ipairs(ids) do
    local ms = tonumber(string.match(id, '^%d+'))
    if not oldest or ms < oldest then oldest = ms end
  end
end

local reply = {}
for k = 1, #KEYS, 2 do
  local due = KEYS[k]
  local backlog = redis.call('ZCARD', due)
  oldest = nil
  if backlog <= share then
    look(redis.call('ZRANGE', due, 0, -1))
  else
    local third = math.floor(share / 3)
    look(redis.call('ZRANGEBYSCORE', due, 0, '+inf', 'LIMIT', 0, third))
    look(redis.call('ZRANGE', due, 0, third - 1))
    look(redis.call('ZRANGE', due, -third, -1))
  end
  reply[#reply + 1] = {
    backlog,
    redis.call('ZCOUNT', due, '-inf', '(' .. text(-now)),
    redis.call('ZCOUNT', due, '(' .. text(now), '(' .. PARKED),
    redis.call('ZCARD', KEYS[k + 1]),
    oldest and text(oldest) or '',
  }
end
return reply
