-- Add what a process has counted to the totals.
-- KEYS totals, and the number of the writer's last slice. ARGV the number of this one, seconds to
-- remember it, then fields and counts, at most 1,000 words.
-- A slice whose answer was lost is sent again, and may arrive late and many times: it counts once.
if tonumber(redis.call('GET', KEYS[2]) or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
