-- KEYS: lease; ARGV: holder, now, value, expiry
local holder = live(KEYS[1], ARGV[2])
if holder and holder ~= ARGV[1] then return 0 end
write(KEYS[1], ARGV[3], ARGV[4])
return 1
