-- Dead letters back into the queue, as if never tried.
-- KEYS log, due, tries, dead, grave, order. ARGV '1' if the trigger is ordered, then ids, at
-- most 1,000. Returns how many were dead.
local log, due, tries, dead, grave, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now = text(now_us())
local revived = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  if redis.call('ZREM', dead, id) == 1 then
    redis.call('ZADD', due, ARGV[1] == '1' and line_up(log, due, order, id, now) or now, id)
    redis.call('HDEL', grave, id)
    revived[#revived + 1] = id
  end
end
forget_tries(tries, revived, ATTEMPTS)
return #revived
