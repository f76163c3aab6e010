-- A value is a version or holder (8 bytes), its end in milliseconds (8 bytes), then the rest.
-- Versions are compared as bytes: a number of Lua tells only 53 bits apart. Times fit into them.
local function live(key, now)
    local head = redis.call('GETRANGE', key, 0, 15)
    if #head < 16 then return nil end
    local ends_at = 0
    for i = 9, 16 do ends_at = ends_at * 256 + string.byte(head, i) end
    if ends_at <= tonumber(now) then return nil end
    return string.sub(head, 1, 8)
end

-- An empty time stands for never.
local function write(key, value, expire_at)
    redis.call('SET', key, value)
    if expire_at ~= '' then redis.call('PEXPIREAT', key, expire_at) end
end
