-- Where an entry stands in the queues of triggers. Changes nothing.
-- KEYS state, then due, tries, dead, grave of each trigger. ARGV id. Returns the server's µs and
-- the cursor, then of each trigger: time in due, tries, time in dead, grave; '' is absent.
local id = ARGV[1]
local reply = {text(now_us()), redis.call('HGET', KEYS[1], 'cursor') or '0-0'}
for k = 2, #KEYS, 4 do
  reply[#reply + 1] = {
    redis.call('ZSCORE', KEYS[k], id) or '', redis.call('HGET', KEYS[k + 1], id) or '0',
    redis.call('ZSCORE', KEYS[k + 2], id) or '', redis.call('HGET', KEYS[k + 3], id) or '',
  }
end
return reply
