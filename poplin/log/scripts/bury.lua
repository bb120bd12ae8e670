-- Given up, where the caller still holds the lease: the grave says why. With a dead-letter
-- sink the entry is due again, now for the sink; without one it is dead.
-- KEYS journal, its tail, then due, tries, dead, grave, order of each trigger. ARGV lines for the
-- journal, then for each trigger: number of items, and id, token, grave, '1' if there is a sink,
-- of each.
-- Returns a flag per item: '1' buried, '2' and another that waited behind it is due now, or
-- '0' gone.
local now = now_us()
local flags = {}
local at = 2
for k = 3, #KEYS, 5 do
  local due, tries, dead, grave = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  local count = tonumber(ARGV[at])
  at = at + 1
  local ended, flag_of, before_us = {}, {}, #flags
  for _, i in ipairs(held_items(due, at, count, 4, flags)) do
    local word = at + (i - 1) * 4
    local id = ARGV[word]
    redis.call('HSET', grave, id, ARGV[word + 2])
    forget_tries(tries, {id}, ATTEMPTS)
    if ARGV[word + 3] == '1' then
      redis.call('ZADD', due, 'XX', text(now), id)
    else
      ended[#ended + 1] = id
      flag_of[id] = before_us + i
    end
  end
  if #ended > 0 then
    for id in pairs(leave_line(due, KEYS[k + 4], ended)) do flags[flag_of[id]] = '2' end
    for _, id in ipairs(ended) do redis.call('ZADD', dead, text(now), id) end
    redis.call('ZREM', due, unpack(ended))
  end
  at = at + count * 4
end
return tell_held(KEYS[1], KEYS[2], ARGV[1], flags)
