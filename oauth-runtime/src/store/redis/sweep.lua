-- KEYS: ends; ARGV: now, limit, what keys of rows begin with, what those of kinds begin with
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(ended) do
    redis.call('DEL', ARGV[3] .. key)
    redis.call('ZREM', ARGV[4] .. string.sub(key, 1, 1), key)
    redis.call('ZREM', KEYS[1], key)
end
return #ended
