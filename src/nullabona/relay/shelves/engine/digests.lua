#!lua name=nullabona_digests_1
-- What the relay processes of one name share (spec/engine.md §4.1): the open activity digest, the numbers of digests, those
-- that are remembered, which processes there are, and what a day has brought. No secret of a box ever comes here: a
-- process computes tags with the open digest's salt. Processes of an earlier release call these functions with fewer keys and
-- arguments, and have to get what their own would answer: both run side by side while a relay is upgraded.
--
-- KEYS of every function: d:{name}        hash: reign, salt of the open digest, number of the last one that was closed,
--                                         whether the open one omits activity, bytes that are remembered, the number up
--                                         to which digests are too old, what the key of their signatures is made of, and
--                                         the number after which their chain begins
--                         d:{name}:open   sorted set: tags of the open digest; the score is their precedence
--                         d:{name}:past   list: closed digests, the oldest first
--                         d:{name}:hours  list: an hour, and the number of the last digest when it began
--                         d:{name}:relays hash: processes, how often each was heard, and whether anybody waits there
--                         d:{name}:day    hash: the day, and for each process the bytes that it took in it
--                         d:{name}:links  sorted set: hashes of the chain, by number; about one a second

local WAITING = 32768 -- most tags of an open digest
local THIN = 8 -- tags of a digest that are kept in any case
local OVERHEAD = 120
local HOURS = 12
local AHEAD = 4294967296 -- so far above every number that was told another stream begins, and up to as far again
local MOST = 4503599627370496

local function reign()
  return string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)'), 1, 16)
end

local function whole(number) return string.format('%.0f', number) end

-- A number of so many hexadecimal digits. It is mixed with the reign: a call that was repeated elsewhere gives another one.
local function drawn(random, now, digits) return tonumber(string.sub(redis.sha1hex(random .. now), 1, digits), 16) end

-- Forget all digests, the open one too. The next has the number after this one.
local function start(keys, now, number)
  redis.call('DEL', keys[2], keys[3], keys[4])
  if keys[7] then redis.call('DEL', keys[7]) end
  redis.call('HSET', keys[1], 'reign', now, 'salt', '', 'number', whole(number), 'omits', '0', 'bytes', '0', 'old', '0')
  redis.call('SPUBLISH', keys[1], 'r' .. now)
end

-- Another primary, or none before: what it did not see it must not say. Numbers begin where no client expects them, so
-- that every client reads its boxes.
local function renew(keys, random)
  local now = reign()
  if redis.call('HGET', keys[1], 'reign') == now then return now end
  redis.call('DEL', keys[1], keys[5])
  start(keys, now, drawn(random, now, 12))
  return now
end

-- The open digest's salt, and whether it begins here. ``salt`` is a new one, or empty: then nothing begins.
local function opened(keys, now, salt)
  local open = redis.call('HGET', keys[1], 'salt')
  if open ~= '' or salt == '' then return open, 0 end
  redis.call('HSET', keys[1], 'salt', salt)
  redis.call('SPUBLISH', keys[1], 'o' .. now .. salt)
  return salt, 1
end

-- ARGS: 8 random bytes; the salt that the tags were made with; 1 if that is a new one, with which a digest may begin; 1 if
-- the digest is to say that it omits activity; tags, each after its precedence (4 bytes). Answers the reign, the open
-- digest's salt (empty: none is open), whether it begins here, and whether the tags are in it.
local function add(keys, args)
  local now = renew(keys, args[1])
  local open, begins = opened(keys, now, args[3] == '1' and args[2] or '')
  if open ~= args[2] then return {now, open, begins, 0} end
  if args[4] == '1' then redis.call('HSET', keys[1], 'omits', '1') end
  for at = 1, #args[5], 8 do
    redis.call('ZADD', keys[2], 'LT', struct.unpack('>I4', args[5], at), string.sub(args[5], at + 4, at + 7))
  end
  if redis.call('ZCARD', keys[2]) > WAITING then
    redis.call('ZREMRANGEBYRANK', keys[2], WAITING, -1)
    redis.call('HSET', keys[1], 'omits', '1')
  end
  return {now, open, begins, 1}
end

-- The first so many tags, by value; strings would be compared as the machine's language does.
local function sorted(tags, most)
  local numbers = {}
  for at = 1, math.min(#tags, most) do numbers[at] = struct.unpack('>I4', tags[at]) end
  table.sort(numbers)
  for at, number in ipairs(numbers) do numbers[at] = struct.pack('>I4', number) end
  return table.concat(numbers)
end

local function drop(keys, count)
  for _, digest in ipairs(redis.call('LRANGE', keys[3], 0, count - 1)) do
    redis.call('HINCRBY', keys[1], 'bytes', -(#digest + OVERHEAD))
  end
  redis.call('LTRIM', keys[3], count, -1)
end

-- ARGS: 8 random bytes, the salt of the digest to close, most tags in it, most bytes remembered. Answers whether that one
-- was open; any process may call it, and only the first call does anything.
local function close(keys, args)
  local now = renew(keys, args[1])
  if args[2] == '' or redis.call('HGET', keys[1], 'salt') ~= args[2] then return 0 end
  local most = tonumber(args[3])
  local tags = redis.call('ZRANGE', keys[2], 0, most - 1)
  local omits = redis.call('HGET', keys[1], 'omits') == '1' or redis.call('ZCARD', keys[2]) > most
  local thin = #tags > THIN and sorted(tags, THIN) or ''
  local digest = args[2] .. struct.pack('BB', omits and 1 or 0, #thin / 4) .. thin .. sorted(tags, most)
  redis.call('DEL', keys[2])
  redis.call('HSET', keys[1], 'salt', '', 'omits', '0')
  local number = redis.call('HINCRBY', keys[1], 'number', 1)
  redis.call('RPUSH', keys[3], digest)
  local bytes = redis.call('HINCRBY', keys[1], 'bytes', #digest + OVERHEAD)
  while bytes > tonumber(args[4]) and redis.call('LLEN', keys[3]) > 1 do
    drop(keys, 1)
    bytes = tonumber(redis.call('HGET', keys[1], 'bytes'))
  end
  redis.call('SPUBLISH', keys[1], 'c' .. now .. struct.pack('>I8', number) .. digest)
  return 1
end

-- ARGS: after, most bytes. Answers the reign, the last number, the number of the first digest here, and digests. If it does
-- not remember what comes after that number, it begins with the oldest.
local function past(keys, args)
  local now = reign()
  if redis.call('HGET', keys[1], 'reign') ~= now then return {now, -1, -1} end
  local number, held = tonumber(redis.call('HGET', keys[1], 'number')), redis.call('LLEN', keys[3])
  local after, room = tonumber(args[1]), tonumber(args[2])
  local at = after - (number - held)
  if at < 0 or at > held then at = 0 end
  local found = {now, number, number - held + at + 1}
  while at < held and room > 0 do
    for _, digest in ipairs(redis.call('LRANGE', keys[3], at, at + 63)) do
      room = room - #digest - OVERHEAD
      found[#found + 1] = digest
    end
    at = at + 64
  end
  return found
end

-- Digests that are more than so many hours old are forgotten. Whoever comes first in an hour notes its beginning.
local function age(keys, hour)
  local last = redis.call('LINDEX', keys[4], -1)
  if last and struct.unpack('>I4', last) >= hour then return end
  redis.call('RPUSH', keys[4], struct.pack('>I4I8', hour, tonumber(redis.call('HGET', keys[1], 'number'))))
  local first, number = struct.unpack('>I4I8', redis.call('LINDEX', keys[4], 0))
  while hour - first >= HOURS do
    redis.call('LTRIM', keys[4], 1, -1)
    redis.call('HSET', keys[1], 'old', whole(number))
    local oldest = tonumber(redis.call('HGET', keys[1], 'number')) - redis.call('LLEN', keys[3]) + 1
    if number >= oldest then drop(keys, number - oldest + 1) end
    first, number = struct.unpack('>I4I8', redis.call('LINDEX', keys[4], 0))
  end
end

-- What the other processes took on this day. One whose day is not the newest counts alone.
local function taken(key, id, day, frames, blobs)
  local known = tonumber(redis.call('HGET', key, 'day') or 0)
  if day < known then return 0, 0 end
  if day > known then
    redis.call('DEL', key)
    redis.call('HSET', key, 'day', day)
  end
  redis.call('HSET', key, id, frames .. ' ' .. blobs)
  frames, blobs = 0, 0
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    if fields[at] ~= 'day' and fields[at] ~= id then
      local f, b = string.match(fields[at + 1], '(%d+) (%d+)')
      frames, blobs = frames + tonumber(f), blobs + tonumber(b)
    end
  end
  return frames, blobs
end

-- Whether this was put back to an earlier state since that process heard of it: then numbers that it has told come again
-- with other digests, and one key must not sign both. ``salt``: of the digest with that number, or empty.
local function put_back(keys, number, salt)
  local above = tonumber(redis.call('HGET', keys[1], 'number')) - number
  if above < 0 then return true end
  local known = salt ~= '' and redis.call('LINDEX', keys[3], -1 - above)
  return known and string.sub(known, 1, 8) ~= salt
end

-- Another stream for all that sign begins, with this seed. ``told``: the highest number that was told in the one before; this
-- one begins above it, as a process of an earlier release takes notice of higher numbers only.
local function stream(keys, now, random, seed, told)
  if told then
    local number = told + AHEAD + drawn(random, now, 8)
    start(keys, now, number < MOST and number or drawn(random, now, 12))
  end
  redis.call('DEL', keys[7])
  redis.call('HSET', keys[1], 'seed', seed, 'began', redis.call('HGET', keys[1], 'number'))
end

-- What the key is made of, and the lowest number from ``after`` on at which the chain's hash is known, with that hash (empty:
-- that is where the chain begins). A process that computed the hash at a number leaves it here for those that start
-- later; those of forgotten digests go. If a process begins (``after``; the others say 0) and no hash is known that it
-- could go on from, or if this was put back, another stream begins.
local function chained(keys, now, args)
  local random, seed, number, hash, after = args[1], args[8], tonumber(args[9]), args[10], tonumber(args[11])
  local kept, head = unpack(redis.call('HMGET', keys[1], 'seed', 'number'))
  local ours = kept and args[12] == now and args[13] == kept
  if not kept then
    stream(keys, now, random, seed)
  elseif ours and put_back(keys, number, args[14]) then
    stream(keys, now, random, seed, math.max(number, tonumber(head)))
    ours = false
  end
  head = tonumber(redis.call('HGET', keys[1], 'number'))
  local oldest = head - redis.call('LLEN', keys[3])
  if ours and hash ~= '' and number >= oldest then redis.call('ZADD', keys[7], number, hash) end
  local gone = #redis.call('ZRANGE', keys[7], '-inf', '(' .. whole(oldest), 'BYSCORE')
  if gone > 0 then redis.call('ZREMRANGEBYRANK', keys[7], 0, gone - 1) end
  local found = redis.call('ZRANGE', keys[7], whole(after), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  local began = tonumber(redis.call('HGET', keys[1], 'began'))
  if began < after and not found[1] then
    stream(keys, now, random, seed, head)
    began = tonumber(redis.call('HGET', keys[1], 'began'))
  end
  kept = redis.call('HGET', keys[1], 'seed')
  if began >= after then return kept, began, '' end
  return kept, tonumber(found[2]), found[1]
end

-- A process says that it is there. ARGS: 8 random bytes, its id, the hour, the day, bytes of frames and of blobs that it
-- took in the day, 1 if anybody waits there for a wake token; then, from a process that signs, 32 random bytes, a number and
-- the chain's hash at it (or nothing), the number from which on it wants to know one, the reign and the 32 bytes that it
-- knows, and the salt of the digest with that number (or nothing). Answers the reign, the last number, the number up to
-- which digests are too old, the open digest's salt, the bytes that others took, and each process and how often it was
-- heard, doubled, and 1 more if anybody waits there; before these, to a process that signs, what `chained` says.
local function beat(keys, args)
  local now = renew(keys, args[1])
  local seed, at, hash
  if args[8] then seed, at, hash = chained(keys, now, args) end
  local before = tonumber(redis.call('HGET', keys[5], args[2]) or 0)
  if args[7] == '1' and before % 2 == 0 then redis.call('SPUBLISH', keys[1], 'w' .. args[2]) end
  redis.call('HSET', keys[5], args[2], before - before % 2 + 2 + args[7])
  age(keys, tonumber(args[3]))
  local frames, blobs = taken(keys[6], args[2], tonumber(args[4]), args[5], args[6])
  local number, old, salt = unpack(redis.call('HMGET', keys[1], 'number', 'old', 'salt'))
  local relays = redis.call('HGETALL', keys[5])
  if not seed then return {now, tonumber(number), tonumber(old), salt, frames, blobs, unpack(relays)} end
  return {now, tonumber(number), tonumber(old), salt, frames, blobs, seed, at, hash, unpack(relays)}
end

-- ARGS: 8 random bytes, a process, 1 if it ended without a word, a new salt. Then it may have kept frames that it told
-- nobody of, and a digest says so. Answers the reign, the open digest's salt and whether it begins here.
local function leave(keys, args)
  local now = renew(keys, args[1])
  local gone = redis.call('HDEL', keys[5], args[2]) == 1 and args[3] == '1'
  local open, begins = opened(keys, now, gone and args[4] or '')
  if gone then redis.call('HSET', keys[1], 'omits', '1') end
  return {now, open, begins}
end

local function register(name, callback, ...)
  redis.register_function{function_name = name, callback = callback, flags = {...}}
end

register('nd1_add', add)
register('nd1_close', close, 'allow-oom')
register('nd1_past', past, 'no-writes')
register('nd1_beat', beat, 'allow-oom')
register('nd1_leave', leave, 'allow-oom')
