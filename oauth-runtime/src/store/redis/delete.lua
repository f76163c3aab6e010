-- KEYS: row, keys of its kind, ends; ARGV: key, now
local version = live(KEYS[1], ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return version and 1 or 0
