-- A script, because it may write when memory is full: that is when a trigger is to be paused.
-- KEYS paused. ARGV uid, '1' to pause or '0' to resume. Returns 1 if that is a change.
return redis.call(ARGV[2] == '1' and 'SADD' or 'SREM', KEYS[1], ARGV[1])
