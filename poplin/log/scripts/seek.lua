-- Look for a text in the attributes of entries, in log order. Changes nothing.
-- KEYS log. ARGV text, first id, last id, most entries, most bytes: an entry that reaches either
-- is the last. Returns where to go on, how many were looked at and 1 when there are more, then
-- id, attributes of those that have the text.
local log, needle, from = KEYS[1], ARGV[1], ARGV[2]
local looked, bytes, more = 0, 0, 1
local found = {}
while looked < tonumber(ARGV[4]) and bytes < tonumber(ARGV[5]) do
  -- Few at once: how large they are is known only when they are here.
  local entries = redis.call('XRANGE', log, from, ARGV[3], 'COUNT', 8)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for f = 1, #fields, 2 do
      bytes = bytes + #fields[f + 1]
      if fields[f] == 'a' and string.find(fields[f + 1], needle, 1, true) then
        found[#found + 1] = entry[1]
        found[#found + 1] = fields[f + 1]
      end
    end
    from = '(' .. entry[1]
  end
  looked = looked + #entries
  if #entries < 8 then more = 0; break end
end
return {from, looked, more, unpack(found)}
