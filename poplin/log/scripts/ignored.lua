-- More answers of a trigger's subscriber were ignored; not where the broker is gone, for the
-- count of a dispatcher that does not know would outlive what is erased.
-- KEYS state, ignored. ARGV uid, how many more.
if redis.call('HEXISTS', KEYS[1], 'generation') == 0 then return end
redis.call('HINCRBY', KEYS[2], ARGV[1], ARGV[2])
