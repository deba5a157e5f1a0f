#!lua name=nullabona_boxes_1
-- Boxes on an engine (spec/engine.md). A box is one list, its key "b:" and its address. Element 0 is the head, the others
-- are frames, the oldest first. A frame is its expiry day (2 bytes) and its body; its number is not stored: the first one
-- has the head's floor. Nothing counts across boxes, and nothing here knows a time finer than a day.

-- incarnation, reign, floor, own day; and for the quota: the expiry day of today's frames, how many, how many bytes. The
-- head of an inbox may go on with the secret that the next append to it wakes.
local HEAD = '>c8c16I4I4I4I4I4'
local HEAD_SIZE = 44
local DAY = '>I2'
-- What a relay says of an append: expiry day, random bytes of a fresh incarnation, a new box's first number, a new own day,
-- frames and bytes that a box takes in a day, the last number. One argument, because each costs a relay half a microsecond.
local TERMS = '>I4c8I4I4I4I8I4'

-- The name of this server's time as a primary, which it draws at random whenever it becomes one, and at every start. It
-- is asked of the server in the very call that numbers a frame. Nothing that a relay remembers, that is replicated, or
-- that an earlier call has noted may take its place: all that is stale exactly when it matters.
local function reign()
  return string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)'), 1, 16)
end

-- A driver may repeat a call at another primary with the same arguments. Mixed with the reign, one random argument gives
-- each of them a name of its own.
local function fresh(random, now)
  local digest = string.sub(redis.sha1hex(random .. now), 1, 16)
  return (string.gsub(digest, '..', function(pair) return string.char(tonumber(pair, 16)) end))
end

local function unpack_head(raw)
  local incarnation, reign, floor, own, day, frames, bytes = struct.unpack(HEAD, raw)
  return {
    incarnation = incarnation, reign = reign, floor = floor, own = own, day = day, frames = frames, bytes = bytes,
    wake = string.sub(raw, HEAD_SIZE + 1)
  }
end

local function pack_head(box)
  return struct.pack(HEAD, box.incarnation, box.reign, box.floor, box.own, box.day, box.frames, box.bytes) .. box.wake
end

local function find(key)
  local raw = redis.call('LINDEX', key, 0)
  return raw and unpack_head(raw)
end

local function make(random, now, first)
  return {
    incarnation = fresh(random, now), reign = now, floor = first, own = 0, day = 0, frames = 0, bytes = 0, wake = ''
  }
end

-- KEYS: the box. ARGS: frame, TERMS. Answers number, incarnation, whether the box is new, and the secret that was left at
-- an inbox, if one was; or a refusal's code.
local function append(keys, args)
  local key, frame = keys[1], args[1]
  local expiry, random, first, own, most_frames, most_bytes, last = struct.unpack(TERMS, args[2])
  local now, box = reign(), find(key)
  local new, count = not box, 0
  if new then
    box = make(random, now, first)
  else
    count = redis.call('LLEN', key) - 1
    if box.reign ~= now then
      -- An earlier primary may have acknowledged or shown what never came here: this one goes on under another name.
      box.incarnation, box.reign = fresh(random, now), now
    end
  end
  if box.day < expiry then box.day, box.frames, box.bytes = expiry, 0, 0 end
  if box.frames >= most_frames or box.bytes + #frame > most_bytes then return 'day-quota' end
  local seq = box.floor + count
  if seq > last then return 'box-full' end
  box.frames, box.bytes = box.frames + 1, box.bytes + #frame
  if box.own < expiry then box.own = own end
  local wake = box.wake
  box.wake = ''
  if new then redis.call('RPUSH', key, pack_head(box)) else redis.call('LSET', key, 0, pack_head(box)) end
  redis.call('RPUSH', key, struct.pack(DAY, expiry) .. frame)
  redis.call('SPUBLISH', key, seq) -- relays at which somebody waits for this box look again
  if wake ~= '' then return {seq, box.incarnation, 0, wake} end
  return {seq, box.incarnation, new and 1 or 0}
end

-- KEYS: the box of an inbox. ARGS: its incarnation and last number as it was read, and the secret that the next append wakes.
-- Answers whether it is left there; not if something came since.
local function leave(keys, args)
  local box = find(keys[1])
  if not box or box.incarnation ~= args[1] then return 0 end
  if box.floor + redis.call('LLEN', keys[1]) - 2 ~= tonumber(args[2]) then return 0 end
  box.wake = args[3]
  redis.call('LSET', keys[1], 0, pack_head(box))
  return 1
end

-- KEYS: the box of an inbox that was read. ARGS: TERMS.
local function open(keys, args)
  local key = keys[1]
  local expiry, random, first, own = struct.unpack(TERMS, args[1])
  local box = find(key)
  if not box then
    box = make(random, reign(), first)
    box.own = own
    redis.call('RPUSH', key, pack_head(box))
  elseif box.own < expiry then
    box.own = own
    redis.call('LSET', key, 0, pack_head(box))
  end
  return 0
end

-- KEYS: the box. ARGS: after, limit, most bytes. Answers own day, incarnation, the highest number given out, the number of
-- the first frame here, and frames; nothing if there is no box.
local function read(keys, args)
  local key, limit, room = keys[1], tonumber(args[2]), tonumber(args[3])
  local box = find(key)
  if not box then return {} end
  local length = redis.call('LLEN', key)
  local at = math.max(tonumber(args[1]) - box.floor + 2, 1)
  local found = {box.own, box.incarnation, box.floor + length - 2, box.floor + at - 1}
  while at < length and limit > 0 do
    for _, frame in ipairs(redis.call('LRANGE', key, at, at + math.min(limit, 16) - 1)) do
      room = room - #frame + 2
      if room < 0 and #found > 4 then return found end
      found[#found + 1] = frame
    end
    at, limit = at + 16, limit - 16
  end
  return found
end

-- Erase the first frames; the head, which is before them, comes back.
local function drop(key, box, count)
  box.floor = box.floor + count
  redis.call('LTRIM', key, count + 1, -1)
  redis.call('LPUSH', key, pack_head(box))
end

-- KEYS: the box. ARGS: upto.
local function trim(keys, args)
  local key, box = keys[1], find(keys[1])
  if not box then return 0 end
  local count = math.min(tonumber(args[1]) - box.floor + 1, redis.call('LLEN', key) - 1)
  if count > 0 then drop(key, box, count) end
  return 0
end

local function sweep_box(key, today)
  local box = find(key)
  if not box then return end
  local held, count = redis.call('LLEN', key) - 1, 0
  while count < held do
    if struct.unpack(DAY, redis.call('LINDEX', key, count + 1)) >= today then break end
    count = count + 1
  end
  if count == held and box.own < today then
    redis.call('DEL', key)
  elseif count > 0 then
    drop(key, box, count)
  end
end

-- No keys: some boxes of this node. ARGS: cursor, about how many, today. Erases what is past its day; answers the cursor
-- to go on from, 0 at the end.
local function sweep(_, args)
  local found = redis.call('SCAN', args[1], 'MATCH', 'b:*', 'COUNT', args[2])
  for _, key in ipairs(found[2]) do
    -- While slots move, a key may be here that is another node's already; that one sweeps it.
    pcall(sweep_box, key, tonumber(args[3]))
  end
  return found[1]
end

-- No keys: this node's reign, and how many bytes it uses of how many it may.
local function state()
  local memory = redis.call('INFO', 'memory')
  return {reign(), tonumber(string.match(memory, 'used_memory:(%d+)')), tonumber(string.match(memory, 'maxmemory:(%d+)'))}
end

redis.register_function('nb1_append', append)
redis.register_function('nb1_open', open)
redis.register_function('nb1_leave', leave)
redis.register_function{function_name = 'nb1_read', callback = read, flags = {'no-writes'}}
redis.register_function{function_name = 'nb1_trim', callback = trim, flags = {'allow-oom'}}
redis.register_function{function_name = 'nb1_sweep', callback = sweep, flags = {'allow-oom', 'allow-cross-slot-keys'}}
redis.register_function{function_name = 'nb1_state', callback = state, flags = {'no-writes', 'allow-stale'}}
