-- The queues of a removed trigger gone, up to n entries a call. Raise the generation first,
-- or a router with the old set may fill them again.
-- KEYS log, state, refs, due, tries, dead, grave, order. ARGV n, at most 1,000, and the caller's
-- generation. Returns how many went and how many remain, or nil when a newer trigger set is in
-- force: the trigger may be back.
local log, state, refs = KEYS[1], KEYS[2], KEYS[3]
local due, tries, dead, grave, order = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local generation = redis.call('HGET', state, 'generation')
if generation and tonumber(generation) > tonumber(ARGV[2]) then return false end
local set = redis.call('EXISTS', due) == 1 and due or dead
local ids = redis.call('ZRANGE', set, 0, tonumber(ARGV[1]) - 1)
if #ids > 0 then
  -- It may come back before all are gone, and then goes on in order.
  leave_line(due, order, ids)
  redis.call('ZREM', set, unpack(ids))
  redis.call('HDEL', grave, unpack(ids))
  forget_tries(tries, ids, ALL_TRIES)
  release(log, state, refs, ids)
end
local remain = redis.call('ZCARD', due) + redis.call('ZCARD', dead)
if remain == 0 then redis.call('DEL', tries, grave, order) end
return {#ids, remain}
