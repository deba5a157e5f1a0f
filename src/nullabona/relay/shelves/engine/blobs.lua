#!lua name=nullabona_blobs_1
-- Blobs that wait for a bucket which several relay processes share, and the keys that they seal them with (spec/engine.md
-- §8). A blob that waits is a string, its key "w:", the relay's name, ":" and the digest; in it are its expiry day (2
-- bytes) and the blob. One that was erased leaves a mark there, so that no batch puts it back: no day (2 zero bytes) and the
-- day with which the mark goes. What the processes of a name agree on is one hash, d:{name}:blobs:
--   names   keys that make names of objects, 32 bytes each; one, unless the engine was lost while processes went on
--   <day>   keys of what expires on that day, likewise
--   floor   the first day whose keys are not erased
--   batch   when the last batch began, in seconds; turned  the last day for which a process erased objects

local SIZE = 32
local DAY = '>I2'

-- KEYS: the blob's. ARGS: expiry day, blob. Its day moves on, never back.
local function put(keys, args)
  local day, held = tonumber(args[1]), redis.call('GETRANGE', keys[1], 0, 1)
  if held ~= '' then day = math.max(day, (struct.unpack(DAY, held))) end
  redis.call('SET', keys[1], struct.pack(DAY, day) .. args[2])
  return 0
end

-- KEYS: the blob's. Answers day and blob; an empty string if it does not wait, a mark if it was erased.
local function get(keys) return redis.call('GETRANGE', keys[1], 0, -1) end

-- The day of what a key holds, and whether it is a mark.
local function day_of(held)
  local day = struct.unpack(DAY, held)
  if day > 0 then return day, false end
  return struct.unpack(DAY, held, 3), true
end

-- KEYS: the blob's. ARGS: a day, or nothing. Forgets it, unless it was put again with a later day. Answers whether. A mark
-- goes only with its day.
local function drop(keys, args)
  local held = redis.call('GETRANGE', keys[1], 0, 3)
  if held == '' then return 0 end
  local day, mark = day_of(held)
  if args[1] and day > tonumber(args[1]) or mark and not args[1] then return 0 end
  return redis.call('DEL', keys[1])
end

-- KEYS: the blob's. ARGS: a day until which there may be an object, or 0. Erases it and leaves a mark. Answers whether it
-- waited. The mark stays for a day longer than the object, so no batch that finds the object drops the mark.
local function wipe(keys, args)
  local held = redis.call('GETRANGE', keys[1], 0, 3)
  local last, waited = tonumber(args[1]), 0
  if held ~= '' then
    local day, mark = day_of(held)
    if mark then day = day - 1 else waited = 1 end
    last = math.max(last, day)
  end
  if last > 0 then redis.call('SET', keys[1], struct.pack(DAY, 0) .. struct.pack(DAY, math.min(last + 1, 65535))) end
  return waited
end

-- KEYS: the blob's. Answers whether there is a mark.
local function wiped(keys)
  local held = redis.call('GETRANGE', keys[1], 0, 1)
  return held ~= '' and struct.unpack(DAY, held) == 0 and 1 or 0
end

-- No keys: some blobs of this node. ARGS: cursor, about how many keys to look at, pattern. Answers the cursor to go on
-- from, and for each blob its key, day and size, which is 0 for a mark.
local function list(_, args)
  local found = redis.call('SCAN', args[1], 'MATCH', args[3], 'COUNT', args[2])
  local answer = {found[1]}
  for _, key in ipairs(found[2]) do
    local fine, held = pcall(redis.call, 'GETRANGE', key, 0, 3) -- while slots move it may be another node's already
    if fine and type(held) == 'string' and #held >= 2 then
      local day, mark = day_of(held)
      answer[#answer + 1] = key
      answer[#answer + 1] = day
      answer[#answer + 1] = mark and 0 or redis.call('STRLEN', key) - 2
    end
  end
  return answer
end

-- Keys are only ever added. ``more``: keys, 32 bytes each.
local function add(key, field, more)
  local held = redis.call('HGET', key, field) or ''
  local known = {}
  for at = 1, #held, SIZE do known[string.sub(held, at, at + SIZE - 1)] = true end
  for at = 1, #more, SIZE do
    local one = string.sub(more, at, at + SIZE - 1)
    if not known[one] then held, known[one] = held .. one, true end
  end
  if held ~= '' then redis.call('HSET', key, field, held) end
  return held
end

-- KEYS: the hash. ARGS: a key of names, which is taken if there is none; the same for a day: day (or nothing) and key;
-- the keys of names that the process knows; and for each day that it knows keys of: day, keys. Answers floor, keys of
-- names, and for each day its keys.
local function agree(keys, args)
  local key = keys[1]
  local floor = tonumber(redis.call('HGET', key, 'floor') or '0')
  local names = add(key, 'names', args[4])
  if names == '' then names = add(key, 'names', args[1]) end
  for at = 5, #args, 2 do
    if tonumber(args[at]) >= floor then add(key, args[at], args[at + 1]) end
  end
  if args[2] ~= '' and tonumber(args[2]) >= floor and redis.call('HEXISTS', key, args[2]) == 0 then
    add(key, args[2], args[3])
  end
  local answer, held = {floor, names}, redis.call('HGETALL', key)
  for at = 1, #held, 2 do
    if tonumber(held[at]) then
      answer[#answer + 1] = tonumber(held[at])
      answer[#answer + 1] = held[at + 1]
    end
  end
  return answer
end

-- KEYS: the hash. ARGS: a day. Erases the keys of all days before it, for good.
local function erase(keys, args)
  local key, floor = keys[1], tonumber(args[1])
  if floor <= tonumber(redis.call('HGET', key, 'floor') or '0') then return 0 end
  redis.call('HSET', key, 'floor', args[1])
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if tonumber(field) and tonumber(field) < floor then redis.call('HDEL', key, field) end
  end
  return 0
end

-- KEYS: the hash. ARGS: seconds between two batches. Answers whether one begins with this call: for one process only. The
-- node's clock decides nothing but that.
local function batch(keys, args)
  local now, every = tonumber(redis.call('TIME')[1]), tonumber(args[1])
  local last = tonumber(redis.call('HGET', keys[1], 'batch') or '0')
  if last <= now and now - last < every then return 0 end
  redis.call('HSET', keys[1], 'batch', string.format('%.0f', last > now and now or now - (now - last) % every))
  return last == 0 and 0 or 1 -- the first call begins the clock
end

-- KEYS: the hash. ARGS: a day. Answers whether this process is to delete the objects of the days before it.
local function turn(keys, args)
  if tonumber(redis.call('HGET', keys[1], 'turned') or '0') >= tonumber(args[1]) then return 0 end
  redis.call('HSET', keys[1], 'turned', args[1])
  return 1
end

redis.register_function('nw1_put', put)
redis.register_function{function_name = 'nw1_get', callback = get, flags = {'no-writes'}}
redis.register_function{function_name = 'nw1_drop', callback = drop, flags = {'allow-oom'}}
redis.register_function{function_name = 'nw1_wipe', callback = wipe, flags = {'allow-oom'}}
redis.register_function{function_name = 'nw1_wiped', callback = wiped, flags = {'no-writes'}}
redis.register_function{function_name = 'nw1_list', callback = list, flags = {'no-writes', 'allow-cross-slot-keys'}}
redis.register_function{function_name = 'nw1_agree', callback = agree, flags = {'allow-oom'}}
redis.register_function{function_name = 'nw1_erase', callback = erase, flags = {'allow-oom'}}
redis.register_function{function_name = 'nw1_batch', callback = batch, flags = {'allow-oom'}}
redis.register_function{function_name = 'nw1_turn', callback = turn, flags = {'allow-oom'}}
