-- Add a batch of events to the log.
-- KEYS log, state. ARGV: attributes, headers, data of each event; '' is absent.
-- Returns their ids, or nil when the broker is gone. Refused when memory is full.
if redis.call('HEXISTS', KEYS[2], 'generation') == 0 then return false end
local ids = {}
for i = 1, #ARGV, 3 do
  local fields = {'a', ARGV[i]}
  if ARGV[i + 1] ~= '' then fields[3] = 'h'; fields[4] = ARGV[i + 1] end
  if ARGV[i + 2] ~= '' then fields[#fields + 1] = 'd'; fields[#fields + 1] = ARGV[i + 2] end
  ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', unpack(fields))
end
return ids
