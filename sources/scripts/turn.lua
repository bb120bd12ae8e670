-- Take, keep or give back a turn. KEYS turn. ARGV what to do, token, ms.
-- Answers 1 when the turn is the token's after it, or was until it was given back.
local what, token = ARGV[1], ARGV[2]
if what == 'take' then
  return redis.call('SET', KEYS[1], token, 'NX', 'PX', ARGV[3]) and 1 or 0
end
-- One that ran out is not kept: another may have had it, and gone, in between.
if redis.call('GET', KEYS[1]) ~= token then return 0 end
if what == 'keep' then return redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return redis.call('DEL', KEYS[1])
