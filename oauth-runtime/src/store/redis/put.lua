-- KEYS: row, keys of its kind, ends; ARGV: key, now, expected version or '', value, end, expiry
local version = live(KEYS[1], ARGV[2])
if (version or '') ~= ARGV[3] then return 0 end
write(KEYS[1], ARGV[4], ARGV[6])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[5] == '' then
    redis.call('ZREM', KEYS[3], ARGV[1])
else
    redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
end
return 1
