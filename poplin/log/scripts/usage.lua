-- How full the server is, and what of it this partition keeps.
-- KEYS log, state, refs, journal. ARGV the share of maxmemory up to which only the former is told.
-- Returns bytes used and maxmemory, then, above that share: entries in the log and their bytes,
-- entries owed (referred to, or not routed yet), references to them, bytes of the journal.
-- Bytes are of the oldest 64 nodes and references of 32 random entries, projected on all.
local log, state, refs, journal = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local info = redis.call('INFO', 'memory')
local function figure(name)
  return tonumber(string.match(info, '\n' .. name .. ':(%d+)') or '0')
end

-- As the server counts when it compares with maxmemory.
local used = figure('used_memory') - figure('mem_not_counted_for_evict')
local limit = figure('maxmemory')
local reply = {text(used), text(limit)}
if limit == 0 or used <= limit * tonumber(ARGV[1]) then return reply end

local length, referred = redis.call('XLEN', log), redis.call('HLEN', refs)
local unrouted = 0
if length > 0 then
  local stream = redis.call('XINFO', 'STREAM', log)
  for i = 1, #stream, 2 do
    if stream[i] == 'entries-added' then unrouted = stream[i + 1] end
  end
  unrouted = unrouted - tonumber(redis.call('HGET', state, 'routed') or '0')
end
local sample = redis.call('HRANDFIELD', refs, 32, 'WITHVALUES')
local references = 0
for i = 2, #sample, 2 do references = references + tonumber(sample[i]) end
if #sample > 0 then references = references * referred / (#sample / 2) end

local function bytes(key) return redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 64) or 0 end
for _, number in ipairs({
  length, bytes(log), math.min(length, referred + math.max(0, unrouted)), references, bytes(journal),
}) do
  reply[#reply + 1] = text(number)
end
return reply
