-- Failed and to be tried again, or given back unsent, where the caller still holds the lease.
-- KEYS journal, its tail, then due, tries of each trigger. ARGV lines for the journal, then for
-- each trigger: number of items, and id, token, delay in µs, '1' if an attempt was made, of each.
-- Returns a flag per item, '1' deferred or '0' gone.
local now = now_us()
local flags = {}
local at = 2
for k = 3, #KEYS, 2 do
  local count = tonumber(ARGV[at])
  at = at + 1
  for _, i in ipairs(held_items(KEYS[k], at, count, 4, flags)) do
    local id = ARGV[at + (i - 1) * 4]
    redis.call('ZADD', KEYS[k], 'XX', text(now + tonumber(ARGV[at + (i - 1) * 4 + 2])), id)
    if ARGV[at + (i - 1) * 4 + 3] == '1' then
      redis.call('HINCRBY', KEYS[k + 1], id, 1)
      redis.call('HSETNX', KEYS[k + 1], id .. '/first', text(now))
      -- An attempt that came to its end did not end its worker.
      redis.call('HDEL', KEYS[k + 1], id .. '/crashes')
    end
  end
  at = at + count * 4
end
return tell_held(KEYS[1], KEYS[2], ARGV[1], flags)
