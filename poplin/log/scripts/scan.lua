-- Entries in a range of the log, without their data.
-- KEYS log. ARGV first and last id as of XRANGE, how many at most, bytes (the entries that reach
-- them are the last).
-- Returns the length of the log, its first and last id ('' when it is empty), 1 if the range has
-- more, then id and attributes of each entry.
local log, from, last, count = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
local reply = {redis.call('XLEN', log), oldest and oldest[1] or '', newest and newest[1] or '', 0}
local bytes, found = 0, 0
while found < count do
  local want = math.min(16, count - found)
  local entries = redis.call('XRANGE', log, from, last, 'COUNT', want)
  for _, entry in ipairs(entries) do
    local attributes = ''
    for f = 1, #entry[2], 2 do
      if entry[2][f] == 'a' then attributes = entry[2][f + 1] end
      bytes = bytes + #entry[2][f + 1]
    end
    reply[#reply + 1] = entry[1]
    reply[#reply + 1] = attributes
    from = '(' .. entry[1]
  end
  found = found + #entries
  if #entries < want then return reply end
  if bytes >= tonumber(ARGV[4]) then break end
end
if #redis.call('XRANGE', log, from, last, 'COUNT', 1) > 0 then reply[4] = 1 end
return reply
