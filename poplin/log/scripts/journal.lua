-- Read on in the journal: its chunks, and at the end its tail. Changes nothing.
-- KEYS journal, its tail. ARGV where to begin as XRANGE has it, bytes of what comes first to leave
-- out, most chunks, then texts: only what has one of them is returned, or all where there is none.
-- Returns where to go on, bytes of the tail looked at (-1 when there are more chunks), then where
-- it begins and the lines of each.
local reply = {ARGV[1], -1}
local skip = tonumber(ARGV[2])

local function look(place, lines)
  if skip > 0 then lines, skip = string.sub(lines, skip + 1), 0 end
  local has = #ARGV == 3
  for t = 4, #ARGV do has = has or string.find(lines, ARGV[t], 1, true) end
  if has then
    reply[#reply + 1] = place
    reply[#reply + 1] = lines
  end
end

local chunks = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[3])
for _, chunk in ipairs(chunks) do
  look(chunk[1], chunk[2][2])
  reply[1] = '(' .. chunk[1]
end
if #chunks < tonumber(ARGV[3]) then
  local tail = redis.call('GET', KEYS[2]) or ''
  reply[2] = #tail
  if #tail > skip then look(reply[1], tail) end
end
return reply
