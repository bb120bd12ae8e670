-- Write what is true of all sources, and that their service lives. A script, because it may write
-- when memory is full: people are to see then, too, what their sources do.
-- KEYS sources, alive. ARGV for how many ms it counts as alive, then each key and its status.
local keep = {}
for i = 2, #ARGV, 2 do
  keep[ARGV[i]] = true
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
for _, key in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not keep[key] then redis.call('HDEL', KEYS[1], key) end
end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[1])
