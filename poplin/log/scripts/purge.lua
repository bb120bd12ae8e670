-- Dead letters gone for good.
-- KEYS log, state, refs, tries, dead, grave. ARGV ids, at most 1,000. Returns how many were dead.
local purged = {}
for _, id in ipairs(ARGV) do
  if redis.call('ZREM', KEYS[5], id) == 1 then purged[#purged + 1] = id end
end
if #purged > 0 then
  redis.call('HDEL', KEYS[6], unpack(purged))
  forget_tries(KEYS[4], purged, ALL_TRIES)
  release(KEYS[1], KEYS[2], KEYS[3], purged)
end
return #purged
