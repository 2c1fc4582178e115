-- Takes from a route's bucket and its citizens' turns, as `Buckets::take` does, by the time of Redis.
--
-- KEYS   the route's bucket; the turn of each one who asks, in their order
-- ARGV   which run of the server this is; microseconds from one message of the route to the next, 0
--        without a limit; microseconds between two turns of one citizen, 0 without a limit; how far ahead
--        moments may be given away, for this time and ever; for each one who asks, how many may pass for it
--        to be among them
-- Gives  microseconds until the route gives more, 0 where it is not what holds the rest back; for each
--        one looked at, microseconds until its citizen's turn, or where it passes a number below 0: -1
--        less the microseconds until it may be on the wire

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, between = tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead, most_ahead = tonumber(ARGV[4]), tonumber(ARGV[5])
local whole = function(number) return string.format('%.0f', number) end

-- What is missing, or from another run of the server, which may have lost some: all may have been given
-- away that can be. Nothing is ever further ahead than that, unless the clock was set back.
local kept = redis.call('HMGET', KEYS[1], 'run', 'since', 'next_at')
local since, next_at = tonumber(kept[2]), tonumber(kept[3])
local empty = now + most_ahead + interval
if kept[1] ~= ARGV[1] or not since or not next_at then
  since, next_at = now, empty
end
since = math.min(since, now)
next_at = math.min(math.max(next_at, now), empty)

local answer, passed = {0}, 0
for i = 1, #ARGV - 5 do
  if passed >= tonumber(ARGV[5 + i]) then break end
  local moment = interval > 0 and next_at or now
  if moment > now + ahead then
    answer[1] = moment - (now + ahead)
    break
  end
  local wait = 0
  if between > 0 then
    local turn = tonumber(redis.call('GET', KEYS[1 + i])) or since + most_ahead + between
    wait = math.min(math.max(turn - now, 0), most_ahead + between)
    if wait == 0 then
      local next_turn = moment + between
      redis.call('SET', KEYS[1 + i], whole(next_turn), 'PX', whole(math.ceil((next_turn - now) / 1000)))
    end
  end
  if wait == 0 then
    passed = passed + 1
    next_at = moment + interval
    answer[i + 1] = -1 - math.floor(moment - now)
  else
    answer[i + 1] = math.ceil(wait)
  end
end
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'since', whole(since), 'next_at', whole(next_at))
return answer
