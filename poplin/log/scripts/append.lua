-- Add a batch of events to the log.
-- KEYS log, state. ARGV: attributes, headers, data of each event; '' is absent.
-- Returns their ids, or nil when the broker is gone. Refused when memory is full.
if redis.call('HEXISTS', KEYS[2], 'generation') == 0 then return false end
local ids = {}
for i = 1, #ARGV, 3 do
  local a, h, d = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if h ~= '' and d ~= '' then
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'a', a, 'h', h, 'd', d)
  elseif h ~= '' then
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'a', a, 'h', h)
  elseif d ~= '' then
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'a', a, 'd', d)
  else
    ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'a', a)
  end
end
return ids
