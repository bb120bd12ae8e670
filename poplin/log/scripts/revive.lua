-- Dead letters back into the queue, as if never tried.
-- KEYS due, tries, dead, grave. ARGV ids, at most 1,000. Returns how many were dead.
local now = text(now_us())
local revived = {}
for _, id in ipairs(ARGV) do
  if redis.call('ZREM', KEYS[3], id) == 1 then
    redis.call('ZADD', KEYS[1], now, id)
    redis.call('HDEL', KEYS[4], id)
    revived[#revived + 1] = id
  end
end
forget_tries(KEYS[2], revived, ATTEMPTS)
return #revived
