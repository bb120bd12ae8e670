-- What changed in the catalog since the caller looked.
-- KEYS catalog, changes. ARGV the newest change that the caller knows ('' for none), and the
-- version that it has.
-- Returns the newest change, the version, 1 when all fields follow and 0 when those that changed
-- do, then names and values; what is gone has a value of false.
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
newest = newest and newest[1] or '0-0'
local version = redis.call('HGET', KEYS[1], 'version') or '0'

-- Each change tells the version before it: a missing link means that changes were lost or trimmed.
local known, names, reply = ARGV[2], {}, {newest, version, 0}
local whole = ARGV[1] == ''
local changes = whole and {} or redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+')
for _, change in ipairs(changes) do
  local fields = {}
  for i = 1, #change[2], 2 do fields[change[2][i]] = change[2][i + 1] end
  if fields.before ~= known or fields.names == '*' then whole = true; break end
  known = fields.version
  for name in string.gmatch(fields.names, '%S+') do names[name] = true end
end
if whole or known ~= version then
  reply[3] = 1
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all do reply[3 + i] = all[i] end
  return reply
end
for name in pairs(names) do
  reply[#reply + 1] = name
  reply[#reply + 1] = redis.call('HGET', KEYS[1], name)
end
return reply
