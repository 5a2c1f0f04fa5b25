import { PACE_SLACK_MS, PROBE_WAIT_MS, RECOVERY_WINDOW_MS_MAX } from './models/decision';
import { BUCKETS } from './models/window';

/** A lane lets another go first when that one's turn came this much earlier, ms: below, order costs more than it gives. */
const GIVE_WAY_MS = 100;

/**
 * The decision of models/decision.ts, made in Redis for all processes at once; test/ratelimit holds both to the same
 * answers. One script with four verbs, because they share all that reads and writes a budget.
 *
 * KEYS: 1 leases (by when they end if nobody says so), 2 bans (until, by gate), 3 reserved amounts (by budget),
 * 4 waiting lanes, 5 loss (when counts were lost last), 6… the budgets.
 * ARGV: 1 verb, 2 request as JSON, 3 now in ms or "" for Redis's own time.
 *
 * A budget is a hash: i = in flight, p = pace, l/a = level and its time, and for each window w (in ms) a ring of buckets:
 * w:c = newest bucket, w:t = their sum, w:<slot> = cost, w:o = when the exchange's own count was heard. It lives as long as anything in it can count.
 */
export const LIMITER_SCRIPT = `
local BUCKETS, PACE_SLACK_MS, RECOVERY_WINDOW_MS_MAX = ${BUCKETS}, ${PACE_SLACK_MS}, ${RECOVERY_WINDOW_MS_MAX}
local PROBE_WAIT_MS = ${PROBE_WAIT_MS}
local SWEEP_MAX, GIVE_WAY_MS, LANE_GRACE_MS = 20, ${GIVE_WAY_MS}, 250
local verb, request = ARGV[1], cjson.decode(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local LEASES, BANS, RESERVED, WAITING, LOSS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function lostAt()
  local known = redis.call('HMGET', LOSS, 'incident', 'at')
  local at, incident = tonumber(known[2]) or 0, known[1] or ''
  if request.incident and request.incident ~= incident then at, incident = now, request.incident end
  if request.seen and not known[1] then at = now end
  if not known[1] or incident ~= known[1] then redis.call('HSET', LOSS, 'incident', incident, 'at', at) end
  return at
end

-- Moves a window's ring on to now. Slots that are reused lose what they held.
local function turn(key, window)
  local w = window.ms
  local prefix = w .. ':'
  local known = redis.call('HMGET', key, prefix .. 'c', prefix .. 't', prefix .. 'o')
  local current, newest, total = math.floor(now * BUCKETS / w), tonumber(known[1]), tonumber(known[2]) or 0
  local heard = tonumber(known[3]) or 0
  if not newest then return { w = w, newest = current, total = 0, heard = heard } end
  if newest >= current then return { w = w, newest = newest, total = total, heard = heard } end
  local gone = {}
  for step = 1, math.min(current - newest, BUCKETS + 1) do
    gone[step] = prefix .. ((newest + step) % (BUCKETS + 1))
  end
  for _, cost in ipairs(redis.call('HMGET', key, unpack(gone))) do total = total - (tonumber(cost) or 0) end
  redis.call('HDEL', key, unpack(gone))
  redis.call('HSET', key, prefix .. 'c', string.format('%.0f', current), prefix .. 't', total)
  return { w = w, newest = current, total = total, heard = heard }
end

local function load(charge)
  local key = charge.key
  local known = redis.call('HMGET', key, 'i', 'p', 'l', 'a')
  local budget = { charge = charge, inFlight = tonumber(known[1]) or 0, pace = tonumber(known[2]) or 0, uses = {} }
  for index, window in ipairs(charge.windows or {}) do
    local ring = turn(key, window)
    budget.uses[index] = { limit = window.limit, w = window.ms, used = budget.inFlight + ring.total, ring = ring }
  end
  local decay = charge.decay
  if decay then
    budget.level = math.max(0, (tonumber(known[3]) or 0) - decay.rate * math.max(0, now - (tonumber(known[4]) or 0)) / 1000)
    budget.uses[1] = { limit = decay.limit, used = budget.level + budget.inFlight }
  end
  return budget
end

local function keep(budget, fields)
  local charge, longest = budget.charge, 0
  for _, use in ipairs(budget.uses) do
    local ring = use.ring
    if ring then
      fields[#fields + 1], fields[#fields + 2] = ring.w .. ':c', string.format('%.0f', ring.newest)
      fields[#fields + 1], fields[#fields + 2] = ring.w .. ':t', ring.total
      longest = math.max(longest, ring.w)
    end
  end
  if budget.spent then
    fields[#fields + 1], fields[#fields + 2] = 'l', string.format('%.17g', budget.level)
    fields[#fields + 1], fields[#fields + 2] = 'a', string.format('%.0f', now)
  end
  if charge.decay then longest = charge.decay.limit / charge.decay.rate * 1000 end
  fields[#fields + 1], fields[#fields + 2] = 'i', budget.inFlight
  redis.call('HSET', charge.key, unpack(fields))
  redis.call('PEXPIRE', charge.key, math.ceil(longest * 1.01 + charge.leaseMs))
end

local function spendIn(key, ring, cost)
  redis.call('HINCRBY', key, ring.w .. ':' .. (ring.newest % (BUCKETS + 1)), cost)
  ring.total = ring.total + cost
end

local function waitUntilFree(key, ring, amount)
  local slots = {}
  local oldest = ring.newest - BUCKETS
  for step = 0, BUCKETS do slots[step + 1] = ring.w .. ':' .. ((oldest + step) % (BUCKETS + 1)) end
  local freed = 0
  for step, cost in ipairs(redis.call('HMGET', key, unpack(slots))) do
    freed = freed + (tonumber(cost) or 0)
    if freed >= amount then return math.max(1, math.ceil((oldest + step + BUCKETS) * ring.w / BUCKETS) - now) end
  end
  return ring.w
end

local function reservedOf(charge, limit)
  local amount = tonumber(redis.call('HGET', RESERVED, charge.key)) or 0
  return math.max(0, math.min(math.max(math.ceil(limit * charge.reserve / 100), amount), limit - 1))
end

local function lasts(budget, use, amount)
  if amount <= 0 then return 0 end
  if use.ring then return waitUntilFree(budget.charge.key, use.ring, amount) end
  return math.max(1, math.ceil(amount / budget.charge.decay.rate * 1000))
end

-- Adds to each use what a loss of counts makes of it.
local function applyLoss(budget, at)
  for _, use in ipairs(budget.uses) do
    use.recovers = 0
    if at > 0 and use.ring and use.ring.heard < at and use.w <= RECOVERY_WINDOW_MS_MAX then use.recovers = math.max(0, at + use.w - now) end
    if at > 0 and not use.ring then
      local decay = budget.charge.decay
      use.used = math.max(budget.level, math.max(0, decay.limit - decay.rate * (now - at) / 1000)) + budget.inFlight
    end
  end
end

local function intervalOf(budget)
  local charge, interval = budget.charge, 0
  if request.critical then return 0 end
  for _, use in ipairs(budget.uses) do
    local threshold = use.limit * charge.warn / 100
    local beyond, room = use.used + charge.cost - threshold, use.limit - reservedOf(charge, use.limit) - threshold
    if beyond > 0 then
      local own = use.w and use.w * charge.cost / use.limit or charge.cost / charge.decay.rate * 1000
      if threshold > 0 and beyond < room then own = own * beyond / room end
      interval = math.max(interval, own)
    end
  end
  return interval
end

local function waitOf(budget)
  local cost, wait = budget.charge.cost, 0
  for _, use in ipairs(budget.uses) do
    local reserved = reservedOf(budget.charge, use.limit)
    local usable = use.limit
    if use.recovers > 0 then usable = reserved elseif not request.critical then usable = use.limit - reserved end
    if use.recovers > 0 and not request.critical then
      local probing = budget.inFlight > 0 and PROBE_WAIT_MS or 0
      wait = math.max(wait, use.used + cost > reserved / 2 and use.recovers or probing)
    else
      wait = math.max(wait, lasts(budget, use, use.used + cost - usable))
    end
  end
  budget.interval = intervalOf(budget)
  if wait == 0 and budget.interval > 0 then wait = math.max(0, budget.pace - now) end
  return wait
end

local function charge(budget)
  budget.inFlight = budget.inFlight + budget.charge.cost
  local fields = {}
  if budget.interval > 0 then
    fields = { 'p', string.format('%.17g', math.max(budget.pace, now - PACE_SLACK_MS) + budget.interval) }
  end
  keep(budget, fields)
end

local function settle(member, sent)
  if redis.call('ZREM', LEASES, member) == 0 then return end
  for _, charge in ipairs(cjson.decode(member).charges) do
    local budget = load(charge)
    budget.inFlight = math.max(0, budget.inFlight - charge.cost)
    if sent then
      for _, use in ipairs(budget.uses) do if use.ring then spendIn(charge.key, use.ring, charge.cost) end end
      if charge.decay then budget.level, budget.spent = budget.level + charge.cost, true end
    end
    keep(budget, {})
  end
end

-- Who died with a call under way is taken as answered now.
local function sweep()
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now, 'LIMIT', 0, SWEEP_MAX)) do settle(member, true) end
end

local function bannedUntil(gates)
  local latest, gate = 0, ''
  if #gates == 0 then return latest, gate end
  for index, value in ipairs(redis.call('HMGET', BANS, unpack(gates))) do
    local till = tonumber(value) or 0
    if till > latest then latest, gate = till, gates[index] end
    if till > 0 and till <= now then redis.call('HDEL', BANS, gates[index]) end
  end
  return latest, gate
end

-- Another lane that waits for one of these budgets and comes first: how long until it tries again.
local function giveWay(charges, rank)
  if request.critical then return 0 end
  local wait, lanes = 0, redis.call('HGETALL', WAITING)
  for at = 1, #lanes, 2 do
    local lane = cjson.decode(lanes[at + 1])
    if lane.expires < now then
      redis.call('HDEL', WAITING, lanes[at])
    elseif lanes[at] ~= request.lane and lane.rank < rank - GIVE_WAY_MS then
      for _, charge in ipairs(charges) do
        if lane.budget == charge.key then wait = math.max(wait, lane.tries - now + 1, 1) end
      end
    end
  end
  return wait
end

-- Shows to everybody what waits in the caller's lane, and for which budget.
local function wait(rank, budget, tries)
  local lane = request.waiting
  redis.call('HSET', WAITING, request.lane, cjson.encode({
    rank = rank, budget = budget, tries = tries, expires = tries + LANE_GRACE_MS,
    count = lane.count, critical = lane.critical, oldest = now - lane.oldestMs }))
end

local verbs = {}

function verbs.acquire()
  sweep()
  local at, rank = lostAt(), now - request.aheadMs
  local till = bannedUntil(request.gates)
  if till > now then return { 0, till - now, 'BAN' } end
  local lease = cjson.decode(request.lease)
  local budgets, pause, tight = {}, 0, ''
  for index, charge in ipairs(lease.charges) do
    local budget = load(charge)
    applyLoss(budget, at)
    budgets[index] = budget
    local own = waitOf(budget)
    if own > pause then pause, tight = own, charge.key end
  end
  if pause == 0 then pause = giveWay(lease.charges, rank) end
  if pause > 0 then
    pause = math.ceil(pause)
    if pause <= request.patienceMs then wait(rank, tight, now + pause) end
    return { 0, pause, tight }
  end
  for _, budget in ipairs(budgets) do charge(budget) end
  redis.call('ZADD', LEASES, now + lease.leaseMs, request.lease)
  if request.waiting.count > 1 then wait(rank, '', now) elseif request.queued then redis.call('HDEL', WAITING, request.lane) end
  return { 1, 0, '' }
end

function verbs.leave()
  return redis.call('HDEL', WAITING, request.lane)
end

function verbs.waiting()
  local found, lanes = {}, redis.call('HGETALL', WAITING)
  for at = 1, #lanes, 2 do
    local lane = cjson.decode(lanes[at + 1])
    if lane.expires >= now then
      lane.oldest = now - lane.oldest
      lane.tries = math.max(0, lane.tries - now)
      found[#found + 1] = lane
    end
  end
  if #found == 0 then return '[]' end
  return cjson.encode(found)
end

function verbs.release()
  settle(request.lease, request.sent)
  for _, seen in ipairs(request.observed) do
    local budget = load(seen.charge)
    for _, use in ipairs(budget.uses) do
      if use.w == seen.ms then
        if seen.used > use.used then spendIn(seen.charge.key, use.ring, seen.used - use.used) end
        keep(budget, { use.w .. ':o', now })
      end
    end
  end
  return 1
end

function verbs.ban()
  for _, gate in ipairs(request.gates) do
    local known = tonumber(redis.call('HGET', BANS, gate)) or 0
    if now + request.ms > known then redis.call('HSET', BANS, gate, string.format('%.0f', now + request.ms)) end
  end
  return 1
end

function verbs.status()
  local at, rows = lostAt(), {}
  for index, charge in ipairs(request.charges) do
    local budget = load(charge)
    applyLoss(budget, at)
    local till = bannedUntil(charge.gates)
    local uses = {}
    for position, use in ipairs(budget.uses) do
      local reserved = reservedOf(charge, use.limit)
      local resets = math.max(lasts(budget, use, use.used), use.recovers)
      uses[position] = { use.recovers > 0 and use.limit or use.used, reserved, resets }
    end
    rows[index] = { uses = uses, ban = till > now and till - now or 0, wait = math.ceil(waitOf(budget)) }
  end
  return cjson.encode(rows)
end

return verbs[verb]()
`;
