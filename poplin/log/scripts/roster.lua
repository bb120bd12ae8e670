-- Say that a dispatcher is alive, and forget those that have not said so for a while.
-- KEYS roster. ARGV name, the longest silence in µs, µs after which to say it again.
-- Returns the names of those that are alive.
local now = now_us()
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - tonumber(ARGV[2])))
-- After a failover to a server whose clock is behind, the dead must not live on.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf')
local said = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not said or now - tonumber(said) >= tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], text(now), ARGV[1])
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
