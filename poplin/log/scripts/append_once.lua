-- Add a batch of events to the log, but for repeats: those that were added less than the window ago,
-- by this script, or stand in the batch before.
-- KEYS log, state, seen 0 to 2. ARGV the window in ms, then digest, attributes, headers, data of
-- each event; '' is absent.
-- Returns how many were repeats, then the id under which the log has (or had) each event; or nil
-- when the broker is gone. Refused when memory is full.
if redis.call('HEXISTS', KEYS[2], 'generation') == 0 then return false end
local window = tonumber(ARGV[1])
local now = math.floor(now_us() / 1000)
-- A bucket serves for a window and is looked at for one more. The append after that unlinks it,
-- since most servers expire large keys at one go; where none comes, it expires so much later.
local LINGER = 60000

local digests = {}
for i = 2, #ARGV, 4 do digests[#digests + 1] = ARGV[i] end
local known, again = {}, nil
-- All three are looked at, whichever is the turn of which: the window may have been another.
for bucket = 3, 5 do
  local ends = redis.call('PEXPIRETIME', KEYS[bucket]) - LINGER
  if ends >= 0 and ends <= now then
    redis.call('UNLINK', KEYS[bucket])
  elseif ends >= 0 and #digests > 0 then
    local ids = redis.call('HMGET', KEYS[bucket], unpack(digests))
    for i, digest in ipairs(digests) do
      if ids[i] and now - tonumber(string.match(ids[i], '^%d+')) < window then
        known[digest] = ids[i]
        again = {KEYS[bucket], digest, ids[i]}
      end
    end
  end
end

local found, fresh = {}, {}
for i = 2, #ARGV, 4 do
  local digest = ARGV[i]
  if not known[digest] then
    known[digest] = add_event(KEYS[1], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
    fresh[#fresh + 1] = digest
    fresh[#fresh + 1] = known[digest]
  end
  found[#found + 1] = known[digest]
end

if #fresh > 0 then
  -- By the clock and not by the ids, which stand still while a clock that went back catches up.
  local turn = math.floor(now / window)
  local bucket = KEYS[3 + turn % 3]
  redis.call('HSET', bucket, unpack(fresh))
  redis.call('PEXPIREAT', bucket, text((turn + 2) * window + LINGER))
elseif again then
  -- Nothing is new. With profile ha a replica must have the first ones before the repeats are
  -- answered, and WAIT waits for what its own connection wrote: so write something, as it was.
  redis.call('HSET', unpack(again))
end
return {#found - #fresh / 2, unpack(found)}
