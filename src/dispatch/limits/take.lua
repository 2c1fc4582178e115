-- Takes from a route's bucket and its citizens' turns, as `Buckets::take` does, by the time of Redis.
--
-- KEYS   the route's bucket; the turn of each one who asks, in their order
-- ARGV   which run of the server this is; microseconds from one message of the route to the next, 0
--        without a limit; how many at once; microseconds between two turns of one citizen, 0 without a
--        limit; for each one who asks, how many may pass for it to be among them
-- Gives  microseconds until the route gives more, 0 where it is not what holds the rest back; for each
--        one looked at, 0 where it passes, or microseconds until its citizen's turn

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, between = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local whole = function(number) return string.format('%.0f', number) end

-- What is missing, or from another run of the server, which may have lost some: all may have been taken
-- just now. Nothing is ever further ahead than that, unless the clock was set back.
local kept = redis.call('HMGET', KEYS[1], 'run', 'since', 'full_at')
local since, full_at = tonumber(kept[2]), tonumber(kept[3])
if kept[1] ~= ARGV[1] or not since or not full_at then
  since, full_at = now, now + burst * interval
end
since = math.min(since, now)
full_at = math.min(math.max(full_at, now), now + burst * interval)

local answer, passed = {0}, 0
for i = 1, #ARGV - 4 do
  if passed >= tonumber(ARGV[4 + i]) then break end
  local short = full_at + interval - (now + burst * interval)
  if interval > 0 and short > 0 then
    answer[1] = short
    break
  end
  local wait = 0
  if between > 0 then
    local turn = tonumber(redis.call('GET', KEYS[1 + i])) or since + between
    wait = math.min(math.max(turn - now, 0), between)
    if wait == 0 then
      redis.call('SET', KEYS[1 + i], whole(now + between), 'PX', whole(math.ceil(between / 1000)))
    end
  end
  if wait == 0 then
    passed = passed + 1
    full_at = full_at + interval
  end
  answer[i + 1] = math.ceil(wait)
end
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'since', whole(since), 'full_at', whole(full_at))
return answer
