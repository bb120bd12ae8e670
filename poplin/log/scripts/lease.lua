-- Take up to n entries of a trigger that are due or whose lease ran out.
-- KEYS due, tries, grave, log. ARGV n, bytes (the entry that reaches them is the last), lease in µs.
-- Returns token, µs until there is more to lease (-1: none waits), then per entry:
-- id, tries, crashes, µs of the first attempt, grave, attributes, headers, data, mark of the
-- replay; '' is absent.
local due, tries, grave, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now = now_us()
local token = -(now + tonumber(ARGV[3]))
local reply = {text(token), -1}
-- One range holds both: a lease that ran out is a negative time of at least -now.
local found = redis.call('ZRANGEBYSCORE', due, text(-now), text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local bytes = 0
for i = 1, #found, 2 do
  local id = found[i]
  if tonumber(found[i + 1]) < 0 then redis.call('HINCRBY', tries, id .. '/crashes', 1) end
  redis.call('ZADD', due, text(token), id)
  local counts = redis.call('HMGET', tries, id, id .. '/crashes', id .. '/first', id .. '/replay')
  local fields = {a = '', h = '', d = ''}
  local entry = redis.call('XRANGE', log, id, id)[1]
  if entry then
    for f = 1, #entry[2], 2 do fields[entry[2][f]] = entry[2][f + 1] end
  end
  reply[#reply + 1] = {
    id, counts[1] or '0', counts[2] or '0', counts[3] or '',
    redis.call('HGET', grave, id) or '', fields.a, fields.h, fields.d, counts[4] or '',
  }
  bytes = bytes + #fields.a + #fields.h + #fields.d
  if bytes >= tonumber(ARGV[2]) then break end
end
reply[2] = work_in(due, now)
return reply
