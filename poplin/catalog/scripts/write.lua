-- Put one version of the catalog in the place of the last, and announce it.
-- KEYS catalog, changes. ARGV version, number of stale fields, these, then name and value of
-- each field.
local stale = tonumber(ARGV[2])
for i = 3, 2 + stale do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 3 + stale, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('XADD', KEYS[2], 'MAXLEN', 100, '*', 'version', ARGV[1])
