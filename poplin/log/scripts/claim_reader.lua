-- Be, or stay, the one that reads this partition; a hint that saves work, not a fence.
-- KEYS reader. ARGV name, how long in ms. Returns 1 when the caller is the reader.
local reader = redis.call('GET', KEYS[1])
if reader and reader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
