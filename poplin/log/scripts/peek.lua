-- How soon has each queue work for a worker? Changes nothing.
-- KEYS due of each trigger. Returns µs per queue: 0 now, -1 nothing waits.
local now = now_us()
local reply = {}
for k = 1, #KEYS do reply[k] = work_in(KEYS[k], now) end
return reply
