-- Remember objects of a watch, or forget them, and then how far the watch is.
-- KEYS turn, objects, checkpoints. ARGV the turn's token, the watch, '1' when all that is remembered
-- of it goes first, the field of a checkpoint ('' leaves all as they are) and its
-- resourceVersion ('' forgets it), then uid and value ('' forgets) of each object, at most 500.
-- Answers 0, and changes nothing, when the turn is another's: what it wrote counts.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
-- This names the watch as long as anything of it is there; a slot that moves may stop a script
-- half-way, so it comes first, and the checkpoint, which says that the rest is there, last.
redis.call('HSET', KEYS[3], ARGV[2], '')
if ARGV[3] == '1' then
  redis.call('UNLINK', KEYS[2])
  local own = ARGV[2] .. '/'
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
    if string.sub(field, 1, #own) == own then redis.call('HDEL', KEYS[3], field) end
  end
end
local set, gone = {}, {}
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    gone[#gone + 1] = ARGV[i]
  else
    set[#set + 1] = ARGV[i]
    set[#set + 1] = ARGV[i + 1]
  end
end
if #set > 0 then redis.call('HSET', KEYS[2], unpack(set)) end
if #gone > 0 then redis.call('HDEL', KEYS[2], unpack(gone)) end
if ARGV[4] ~= '' then
  if ARGV[5] == '' then
    redis.call('HDEL', KEYS[3], ARGV[4])
  else
    redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
  end
end
return 1
