-- Take, keep or give back turns. KEYS turns. ARGV for each: what to do, token, ms.
-- Answers for each 1 when the turn is the token's after it, or was until it was given back.
local function settled(key, what, token, ms)
  if what == 'take' then
    return redis.call('SET', key, token, 'NX', 'PX', ms) and 1 or 0
  end
  -- One that ran out is not kept: another may have had it, and gone, in between.
  if redis.call('GET', key) ~= token then return 0 end
  if what == 'keep' then return redis.call('PEXPIRE', key, ms) end
  return redis.call('DEL', key)
end
local answers = {}
for n, key in ipairs(KEYS) do
  answers[n] = settled(key, ARGV[3 * n - 2], ARGV[3 * n - 1], ARGV[3 * n])
end
return answers
