-- Dead letters to look at, without their data.
-- KEYS grave, log. ARGV bytes (the entry that reaches them is the last), then ids, at most 500.
-- Returns the grave and the attributes of each, in their order; '' is absent.
local rows, bytes = {}, 0
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])[1]
  local attributes = ''
  if entry then
    for f = 1, #entry[2], 2 do
      if entry[2][f] == 'a' then attributes = entry[2][f + 1] end
      bytes = bytes + #entry[2][f + 1]
    end
  end
  rows[#rows + 1] = {redis.call('HGET', KEYS[1], ARGV[i]) or '', attributes}
  if bytes >= tonumber(ARGV[1]) then break end
end
return rows
