-- Write a version of the catalog and announce it, with the names of the fields that changed.
-- KEYS catalog, changes. ARGV version ('' leaves it), those names ('*' for many), how many fields
-- are stale, those, then each field and its value.
local before = redis.call('HGET', KEYS[1], 'version')
local version = ARGV[1]
if version == '' then
  if not before then return end -- there is no catalog to take anything out of
  version = before
end
local stale = tonumber(ARGV[3])
for i = 4, 3 + stale do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 4 + stale, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'version', version)
redis.call('XADD', KEYS[2], 'MAXLEN', 100, '*', 'version', version, 'before', before or '0', 'names', ARGV[2])
