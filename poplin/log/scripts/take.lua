-- Take events from the broker's bucket: one second's worth, refilled evenly.
-- KEYS rate. ARGV events a second, then how many each request has, in order.
-- A request passes while the bucket holds an event and takes all of its own: a batch may leave
-- a debt. Returns how many requests passed, and µs until the next would.
local now = now_us()
local each = 1000000 / tonumber(ARGV[1])
-- The one number kept is when the bucket is full again.
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local latest = now + 1000000 - each
local passed = 0
while passed + 2 <= #ARGV and full <= latest do
  full = full + each * tonumber(ARGV[passed + 2])
  passed = passed + 1
end
if passed > 0 then
  -- A bucket need not survive: neither a file nor a replica is to wait for it.
  redis.set_repl(redis.REPL_NONE)
  redis.call('SET', KEYS[1], text(full), 'PX', text(math.ceil((full - now) / 1000)))
end
return {passed, text(math.max(0, full - latest))}
