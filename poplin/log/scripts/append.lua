-- Add a batch of events to the log.
-- KEYS log, state. ARGV: attributes, headers, data of each event; '' is absent.
-- Returns their ids, or nil when the broker is gone. Refused when memory is full.
if redis.call('HEXISTS', KEYS[2], 'generation') == 0 then return false end
local ids = {}
for i = 1, #ARGV, 3 do
  ids[#ids + 1] = add_event(KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return ids
