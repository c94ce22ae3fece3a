-- The globals that scripts see. Runs once per Lua state, before any script; its argument holds what Java brings: functions
-- and the tables of libraries. What scripts can get hold of touches locals only.
local java = ...
local type, tostring, error = type, tostring, error
local next, rawset, setmetatable, pcall, pairs = next, rawset, setmetatable, pcall, pairs
local create, wrap = coroutine.create, coroutine.wrap
local getinfo, sethook = debug.getinfo, debug.sethook

-- Lua 5.1 has no read-only tables: a script gets an empty table in place of each, and writing to it is an error.
local function readonly(behind)
  local held = {}
  setmetatable(held, { __index = behind, __newindex = java.readonly, __metatable = false })
  java.protect(held, behind)
  return held
end

local function copy(from, to)
  for name, value in pairs(from) do
    to[name] = value
  end
  return to
end

local globals = {}
local G = readonly(globals)
globals._G = G

-- The count hook: whether the script may go on. Once it may not, every line is an error, so that pcall cannot catch it.
local function hook()
  local refusal, forever = java.tick()
  if refusal then
    if forever then
      sethook(hook, "l")
    end
    error(refusal)
  end
end

local function arm()
  sethook(hook, "", java.ticks)
end

-- Coroutines have hooks of their own.
local function armed_create(body)
  local thread = create(body)
  sethook(thread, hook, "", java.ticks)
  return thread
end

local function armed_wrap(body)
  return wrap(function(...)
    sethook(hook, "", java.ticks)
    return body(...)
  end)
end

-- An error is a table from redis.call on: pcall answers its text, as it did before (Redis 7: luaRedisPcall).
local function unwrap(ok, ...)
  if ok then
    return true, ...
  end
  local value = ...
  if type(value) == "table" then
    local text = value.err
    if type(text) == "string" or type(text) == "number" then
      return false, text
    end
  end
  return false, ...
end

local function unwrapping_pcall(...)
  return unwrap(pcall(...))
end

-- Where an error came from, for the end of the reply (Redis: __redis__err__handler). Frames of this file are what C
-- functions are in Redis.
local function handler(value)
  local level = 2
  local where = getinfo(level, "Sl")
  if where and where.what == "C" then
    level = 3
    where = getinfo(level, "Sl")
  end
  while where and where.source == "=cairn" do
    level = level + 1
    where = getinfo(level, "Sl")
  end
  if type(value) ~= "table" then
    value = { err = "ERR " .. tostring(value) }
  end
  if where then
    value.source = where.source
    value.line = where.currentline
  end
  return value
end

-- The name that the running Java function was called by, for messages on wrong arguments (Lua: luaL_argerror).
local function callee()
  local called = getinfo(2, "n")
  return called.name, called.namewhat
end

-- table.insert and its like write past __newindex: what they put into a shared table is gone after the script.
local shared = {}
local function scrub()
  for i = 1, #shared do
    local held = shared[i]
    local name = next(held)
    while name ~= nil do
      rawset(held, name, nil)
      name = next(held)
    end
  end
end

-- redis.register_function is there while a library is loaded, and at no other time.
local functions_of_redis = java.redis
local register = functions_of_redis.register_function
local function show_register()
  functions_of_redis.register_function = register
end
local function hide_register()
  functions_of_redis.register_function = nil
end
hide_register()

-- getfenv, setfenv and newproxy are left out, as in Redis from its security fixes of 2025 on: a finalizer of a userdata
-- would run between scripts and outside of any protection.
for _, name in ipairs { "assert", "collectgarbage", "error", "gcinfo", "ipairs", "rawequal", "select", "tonumber",
    "tostring", "type", "xpcall", "_VERSION" } do
  globals[name] = _G[name]
end
copy(java.base, globals)
globals.pcall = unwrapping_pcall
globals.__redis__err__handler = handler

for name, functions in pairs { string = copy(java.string, copy(string, {})), table = copy(table, {}),
    math = copy(java.math, copy(math, {})), coroutine = copy(java.coroutine, copy(coroutine, {})),
    os = { clock = os.clock }, redis = java.redis, bit = java.bit, struct = java.struct, cjson = java.cjson,
    cmsgpack = java.cmsgpack } do
  globals[name] = readonly(functions)
  if name == "string" then
    local strings = getmetatable("")
    strings.__index = functions
    strings.__metatable = readonly { __index = globals.string }
    shared[#shared + 1] = strings.__metatable
  end
  shared[#shared + 1] = globals[name]
end
setmetatable(globals, { __index = java.undefined })
local visible = readonly { __index = java.undefined }
shared[#shared + 1] = G
shared[#shared + 1] = visible

for _, f in ipairs { unwrapping_pcall, handler } do
  setfenv(f, G)
end
return G, globals, visible, handler, arm, callee, scrub, armed_create, armed_wrap, show_register, hide_register
