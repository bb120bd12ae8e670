-- Write a version of the catalog and announce it.
-- KEYS catalog, changes. ARGV version, how many fields are stale, those, then each field and its
-- value.
local stale = tonumber(ARGV[2])
for i = 3, 2 + stale do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 3 + stale, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', 100, '*', 'version', ARGV[1])
