-- Remember a field of a hash, or forget it. KEYS turn, hash. ARGV the turn's token, field, value ('' forgets).
-- Answers 0, and changes nothing, when the turn is another's: what it wrote counts.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return 1
