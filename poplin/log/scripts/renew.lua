-- Push the leases that the caller holds.
-- KEYS due of each trigger. ARGV lease in µs, then for each trigger: number of items, and
-- id, token of each. Returns the new token and a flag per item, '1' renewed or '0' gone.
local token = -(now_us() + tonumber(ARGV[1]))
local flags = {}
local at = 2
for k = 1, #KEYS do
  local count = tonumber(ARGV[at])
  at = at + 1
  local members = {}
  for _, i in ipairs(held_items(KEYS[k], at, count, 2, flags)) do
    members[#members + 1] = text(token)
    members[#members + 1] = ARGV[at + (i - 1) * 2]
  end
  if #members > 0 then redis.call('ZADD', KEYS[k], 'XX', unpack(members)) end
  at = at + count * 2
end
return {text(token), table.concat(flags)}
