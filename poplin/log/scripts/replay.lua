-- Old entries into a trigger's queue again, if they are routed and still in the log.
-- KEYS log, state, refs, due, tries, dead, grave. ARGV the caller's generation, the mark of this
-- replay, then ids, at most 1,000. Returns how many, how many were in the queue already, and how
-- many are not routed yet; or nil when the trigger set is not the caller's: a queue that was
-- dropped must not come back.
local log, state, refs = KEYS[1], KEYS[2], KEYS[3]
local due, tries, dead, grave = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
if redis.call('HGET', state, 'generation') ~= ARGV[1] then return false end
local cursor = redis.call('HGET', state, 'cursor') or '0-0'
local now = text(now_us())
local replayed, waiting, unrouted = 0, 0, 0
for i = 3, #ARGV do
  local id = ARGV[i]
  local routed = not before(cursor, id)
  local entry = routed and redis.call('XRANGE', log, id, id, 'COUNT', 1)[1]
  if not routed then
    unrouted = unrouted + 1
  elseif redis.call('ZSCORE', due, id) then
    waiting = waiting + 1
  -- The log also answers to 5-01, but a reference by that name would not keep 5-1 from a trim.
  elseif entry and entry[1] == id then
    if redis.call('ZREM', dead, id) == 1 then
      redis.call('HDEL', grave, id)
    else
      redis.call('HINCRBY', refs, id, 1)
    end
    forget_tries(tries, {id}, ATTEMPTS)
    redis.call('HSET', tries, id .. '/replay', ARGV[2])
    redis.call('ZADD', due, now, id)
    replayed = replayed + 1
  end
end
return {replayed, waiting, unrouted}
