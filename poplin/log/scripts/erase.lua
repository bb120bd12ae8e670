-- All of a partition gone, when its broker is. The memory is freed beside the server's work.
-- KEYS state, log, then the other keys.
-- Returns how many events went, or nil when the broker is back.
if redis.call('HEXISTS', KEYS[1], 'generation') == 1 then return false end
local events = redis.call('XLEN', KEYS[2])
redis.call('UNLINK', unpack(KEYS))
return events
