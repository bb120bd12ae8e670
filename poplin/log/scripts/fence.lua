-- Raise the generation of the trigger set in force; never lower it.
-- KEYS state. ARGV generation. Returns the one in force.
local current = redis.call('HGET', KEYS[1], 'generation')
if current and tonumber(current) >= tonumber(ARGV[1]) then return tonumber(current) end
redis.call('HSET', KEYS[1], 'generation', ARGV[1])
return tonumber(ARGV[1])
