-- Forget a watch. KEYS turn, objects, checkpoints. ARGV the turn's token, fields of checkpoints, at
-- most 500.
-- Answers 0, and changes nothing, when the turn is another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[2])
redis.call('HDEL', KEYS[3], unpack(ARGV, 2))
return 1
