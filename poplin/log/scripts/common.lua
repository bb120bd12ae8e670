-- Put before every script. Times are µs of the server's clock; ids are stream ids.

local function now_us()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- Lua would write a large number as 1.7e+15.
local function text(number)
  return string.format('%.0f', number)
end

-- Is decimal text a below b? Compared as text, because a stream id may exceed a double.
local function below(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function before(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  if a_ms ~= b_ms then return below(a_ms, b_ms) end
  return below(a_seq, b_seq)
end

-- An event into the log; '' is absent. Returns its id.
local function add_event(log, attributes, headers, data)
  if headers ~= '' and data ~= '' then
    return redis.call('XADD', log, '*', 'a', attributes, 'h', headers, 'd', data)
  elseif headers ~= '' then
    return redis.call('XADD', log, '*', 'a', attributes, 'h', headers)
  elseif data ~= '' then
    return redis.call('XADD', log, '*', 'a', attributes, 'd', data)
  end
  return redis.call('XADD', log, '*', 'a', attributes)
end

-- One reference fewer for each of ids, which are distinct and at most 1,000. The last
-- reference below the trimmed line deletes the entry: nothing else will.
local function release(log, state, refs, ids)
  if #ids == 0 then return end
  local counts = redis.call('HMGET', refs, unpack(ids))
  local last = {}
  for i, id in ipairs(ids) do
    if tonumber(counts[i] or '0') > 1 then
      redis.call('HINCRBY', refs, id, -1)
    else
      last[#last + 1] = id
    end
  end
  if #last == 0 then return end
  redis.call('HDEL', refs, unpack(last))
  local trimmed = redis.call('HGET', state, 'trimmed')
  if not trimmed then return end
  local unneeded = {}
  for _, id in ipairs(last) do
    if before(id, trimmed) then unneeded[#unneeded + 1] = id end
  end
  if #unneeded > 0 then redis.call('XDEL', log, unpack(unneeded)) end
end

local ATTEMPTS = {'', '/crashes', '/first'}
local ALL_TRIES = {'', '/crashes', '/first', '/replay'}

-- Forget fields of ids, which are at most 1,000: of one that stays its ATTEMPTS, since the mark
-- of a replay goes with it until it is settled; of one that goes ALL_TRIES.
local function forget_tries(tries, ids, which)
  if redis.call('EXISTS', tries) == 0 then return end
  local fields = {}
  for _, id in ipairs(ids) do
    for _, field in ipairs(which) do fields[#fields + 1] = id .. field end
  end
  if #fields > 0 then redis.call('HDEL', tries, unpack(fields)) end
end

-- The ids of a group whose time is still the caller's token. ARGV from `at` on holds `count`
-- items of `width` words, id and token first. Returns positions in the group, and adds a
-- flag per item to `flags`: '1' held, '0' gone.
local function held_items(due, at, count, width, flags)
  local ids = {}
  for i = 1, count do ids[i] = ARGV[at + (i - 1) * width] end
  local held, seen = {}, {}
  if count == 0 then return held end
  local scores = redis.call('ZMSCORE', due, unpack(ids))
  for i = 1, count do
    local token = ARGV[at + (i - 1) * width + 1]
    if scores[i] and not seen[ids[i]] and tonumber(scores[i]) == tonumber(token) then
      seen[ids[i]] = true
      held[#held + 1] = i
      flags[#flags + 1] = '1'
    else
      flags[#flags + 1] = '0'
    end
  end
  return held
end

-- An ordered trigger's `order` is a sorted set of what it has due: a place for each id, with the
-- line in which that stands as the score. Of each line one entry is at work; the others are
-- parked: their time in `due` is one that never comes.
local PARKED = '9000000000000000'

-- Sorts as text as the ids do in the log.
local function place_of(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end

local function id_at(place)
  local ms, seq = string.match(place, '^(%d+)-0*(%d+)$')
  return ms .. '-' .. seq
end

-- The line of an event's key, which is its partitionkey, else its source (poplin/event.py).
-- 52 bits of a hash: should two keys share a line, they wait for each other.
local line_by_id = {}
local function line_of(log, id)
  if not line_by_id[id] then
    local entry = redis.call('XRANGE', log, id, id)[1]
    local attributes = entry and cjson.decode(entry[2][2]) or {}
    local key = attributes.partitionkey
    if key == nil or key == '' then key = attributes.source or '' end
    line_by_id[id] = text(tonumber(string.sub(redis.sha1hex(tostring(key)), 1, 13), 16))
  end
  return line_by_id[id]
end

-- A place for an id that is to be in `due` from now on. Returns its time there: `now` where it
-- is alone in its line. Where a log is routed again, an id that has a place keeps its time.
local function line_up(log, due, order, id, now)
  local line = line_of(log, id)
  local is_alone = redis.call('ZCOUNT', order, line, line) == 0
  local is_new = redis.call('ZADD', order, line, place_of(id)) == 1
  if not is_new then return redis.call('ZSCORE', due, id) or now end
  return is_alone and now or PARKED
end

-- Call before ids leave `due` for good, whether or not their trigger is ordered: the lowest of
-- each one's line is due now. Returns which ids somebody waited behind.
-- Until they have left, a repeat changes nothing: a slot that moves may stop a script half-way.
local function leave_line(due, order, ids)
  local freed = {}
  if redis.call('EXISTS', order) == 0 then return freed end
  for _, id in ipairs(ids) do
    local line = redis.call('ZSCORE', order, place_of(id))
    if line then
      redis.call('ZREM', order, place_of(id))
      local lowest = redis.call('ZRANGEBYSCORE', order, line, line, 'LIMIT', 0, 1)[1]
      if lowest then
        redis.call('ZADD', due, 'XX', text(now_us()), id_at(lowest))
        freed[id] = true
      end
    end
  end
  return freed
end

-- Lines of poplin/log/journal.py into the journal. They gather in the string `tail` until they
-- are worth an entry of the stream: reading it all costs little, however small the batches are.
local function write_journal(journal, tail, lines)
  if lines == '' then return end
  local t = redis.call('TIME')
  local ms = t[1] .. string.format('%03d', math.floor(t[2] / 1000))
  if redis.call('APPEND', tail, '@' .. ms .. '\n' .. lines) >= 4096 then
    redis.call('XADD', journal, '*', 'c', redis.call('GET', tail))
    redis.call('DEL', tail)
  end
end

-- The lines of a batch of outcomes, unless none of its items was held: then it is a repeat after
-- a lost answer, or comes from who has lost all leases, and the partition may be erased since.
-- Lines cannot be dropped singly, as one text tells of many items: where some are gone, theirs
-- are told with the others. Returns the flags as the script's answer.
local function tell_held(journal, tail, lines, flags)
  local answer = table.concat(flags)
  if not string.find(answer, '^0+$') then write_journal(journal, tail, lines) end
  return answer
end

-- µs until a queue has work: 0 when an entry is due or its lease ran out, -1 when none waits:
-- what is parked waits for no time.
local function work_in(due, now)
  if #redis.call('ZRANGEBYSCORE', due, text(-now), text(now), 'LIMIT', 0, 1) > 0 then return '0' end
  local waiting = redis.call('ZRANGEBYSCORE', due, text(now), '(' .. PARKED, 'WITHSCORES', 'LIMIT', 0, 1)
  return waiting[2] and text(tonumber(waiting[2]) - now) or '-1'
end
