-- Delete the oldest of the journal, beyond the most bytes that it may have.
-- KEYS journal. ARGV most bytes. Returns how many chunks went and 1 when another call would find
-- more.
local size = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 64) or 0
local most = tonumber(ARGV[1])
if size <= most then return {0, 0} end
local length = redis.call('XLEN', KEYS[1])
local excess = math.ceil(length * (1 - most / size))
-- Whole nodes, which are about a chunk each, and so many as take 2 ms.
local gone = redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', length - excess, 'LIMIT', 2000)
return {gone, gone >= 1000 and 1 or 0}
