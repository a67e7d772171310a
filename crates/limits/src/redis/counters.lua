-- Decides one batch of rate policies: signet_limits::counters::Batch::decide in Lua.
--
-- KEYS: a counter each, "started:current:previous" (instant in microseconds, hits, hits of the window before).
-- ARGV: the clock in microseconds, or '' for the server's; most hits; hits of this request; the window of each key in microseconds;
--       then for each question: sliding, penalty, dry run (0 or 1), the number of its rules, and for each rule
--       the place of its key and its limit.
-- Answer: the clock; started, current, previous of each key; 0 or 1 for each rule that admitted or refused.
--
-- Numbers are doubles. Every integer here stays below 2^53; the one product that doesn't is taken in two parts.

local now
if ARGV[1] == '' then
  local t = redis.call('TIME')
  now = tonumber(t[1]) * 1000000 + tonumber(t[2])
else
  now = tonumber(ARGV[1])
end
local most_hits, requests = tonumber(ARGV[2]), tonumber(ARGV[3])

local PART = 2097152 -- 2^21

-- a * b as (high, low) with base 2^21; a below 2^29, b below 2^45.
local function product(a, b)
  local low = a * (b % PART)
  return a * math.floor(b / PART) + math.floor(low / PART), low % PART
end

local function roll(c, width)
  local started = now - now % width
  local gone = started - c.started
  c.kept = false
  if gone <= 0 and c.started - now <= width then
    c.kept = true
  elseif gone == width then
    c.started, c.previous, c.current = started, c.current, 0
  elseif gone < 0 then
    c.started = started
  else
    c.started, c.current, c.previous = started, 0, 0
  end
end

local function hit(n)
  return math.min(n + requests, most_hits)
end

local function admits(c, limit, sliding)
  local room = limit - hit(c.current)
  if room < 0 then return false end
  if not sliding or c.previous <= room then return true end
  local passed = math.min(math.max(now - c.started, 0), c.width)
  local weighed_high, weighed_low = product(c.previous, c.width - passed)
  local room_high, room_low = product(room, c.width)
  return weighed_high < room_high or (weighed_high == room_high and weighed_low <= room_low)
end

local counters = {}
local stored = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  local c = { started = 0, current = 0, previous = 0, width = tonumber(ARGV[3 + i]) }
  if stored[i] then
    local s, n, p = string.match(stored[i], '^(%-?%d+):(%d+):(%d+)$')
    if s then
      c.started, c.current, c.previous, c.stored = tonumber(s), tonumber(n), tonumber(p), true
    end
  end
  roll(c, c.width)
  counters[i] = c
end

local questions, admitted, refusals = {}, true, {}
local at = 4 + #KEYS
while at <= #ARGV do
  local q = { penalty = ARGV[at + 1] == '1', refused = false, places = {} }
  local sliding, dry_run, rules = ARGV[at] == '1', ARGV[at + 2] == '1', tonumber(ARGV[at + 3])
  at = at + 4
  for _ = 1, rules do
    local place, limit = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    local refused = not admits(counters[place], limit, sliding)
    refusals[#refusals + 1] = refused and 1 or 0
    q.refused = q.refused or refused
    q.places[#q.places + 1] = place
    at = at + 2
  end
  if q.refused and not dry_run then admitted = false end
  questions[#questions + 1] = q
end

for _, q in ipairs(questions) do
  local counts
  if q.refused then counts = q.penalty else counts = admitted end
  if counts then
    for _, place in ipairs(q.places) do counters[place].counted = true end
  end
end

local answer = { now }
for i, c in ipairs(counters) do
  if c.counted then c.current = hit(c.current) end
  -- What the clock moved is kept, too, or a clock that is set back would find it where it was.
  if c.counted or (c.stored and not c.kept) then
    local ttl = math.ceil((c.started + 2 * c.width - now) / 1000)
    -- A clock that a test has set runs apart from the one that counters expire by.
    if ARGV[1] ~= '' then ttl = ttl + 60000 end
    redis.call('SET', KEYS[i], string.format('%.0f:%d:%d', c.started, c.current, c.previous), 'PX', math.max(ttl, 1))
  end
  answer[#answer + 1] = c.started
  answer[#answer + 1] = c.current
  answer[#answer + 1] = c.previous
end
for _, refused in ipairs(refusals) do answer[#answer + 1] = refused end
return answer
