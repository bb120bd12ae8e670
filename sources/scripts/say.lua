-- Write what the holders of turns say. KEYS hash, turns. ARGV for each turn: token, field, value.
-- Nothing is written for a turn that is another's: what its holder says counts.
for n = 2, #KEYS do
  local at = 3 * (n - 2)
  if redis.call('GET', KEYS[n]) == ARGV[at + 1] then
    redis.call('HSET', KEYS[1], ARGV[at + 2], ARGV[at + 3])
  end
end
return 1
