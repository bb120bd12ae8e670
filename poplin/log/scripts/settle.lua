-- Delivered: out of the queue and forgotten, where the caller still holds the lease.
-- KEYS log, state, refs, journal, its tail, then due, tries, grave, order of each trigger.
-- ARGV lines for the journal, then for each trigger: number of items, and id, token of each.
-- Returns a flag per item: '1' settled, '2' and another that waited behind it is due now, or
-- '0' gone. A repeat changes nothing.
local log, state, refs = KEYS[1], KEYS[2], KEYS[3]
local flags = {}
local at = 2
for k = 6, #KEYS, 4 do
  local count = tonumber(ARGV[at])
  at = at + 1
  local ids, flag_of, before_us = {}, {}, #flags
  for _, i in ipairs(held_items(KEYS[k], at, count, 2, flags)) do
    local id = ARGV[at + (i - 1) * 2]
    ids[#ids + 1] = id
    flag_of[id] = before_us + i
  end
  if #ids > 0 then
    for id in pairs(leave_line(KEYS[k], KEYS[k + 3], ids)) do flags[flag_of[id]] = '2' end
    redis.call('ZREM', KEYS[k], unpack(ids))
    forget_tries(KEYS[k + 1], ids, ALL_TRIES)
    redis.call('HDEL', KEYS[k + 2], unpack(ids))
    release(log, state, refs, ids)
  end
  at = at + count * 2
end
return tell_held(KEYS[4], KEYS[5], ARGV[1], flags)
