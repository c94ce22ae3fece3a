-- The globals that scripts see. Runs once per Lua state, before any script; its argument holds what Java brings: functions
-- and the tables of libraries. Functions below touch locals only: a script may change their environment (setfenv).
local java = ...
local type, tostring, error, select, setfenv = type, tostring, error, select, setfenv
local next, rawget, rawset, setmetatable, getmetatable, pcall = next, rawget, rawset, setmetatable, getmetatable, pcall
local pairs, loadstring, unpack, tonumber, collectgarbage = pairs, loadstring, unpack, tonumber, collectgarbage
local concat, byte = table.concat, string.byte
local create, resume = coroutine.create, coroutine.resume
local getinfo, sethook = debug.getinfo, debug.sethook

-- Longest chunk that loadstring takes: the parser counts characters and lines in an int.
local MAX_CHUNK = 256 * 1024 * 1024
-- More results than the stack holds; unpack counts them in an int.
local MAX_UNPACKED = 7990
local READONLY = "Attempt to modify a readonly table"

-- Lua 5.1 has no read-only tables: a script gets an empty table in place of each, and writing to it is an error.
local original = {} -- what scripts hold -> the table behind it
local visible = {} -- what getmetatable answers for it
local function readonly(behind)
  local held = {}
  original[held] = behind
  setmetatable(held, { __index = behind, __newindex = java.readonly, __metatable = false })
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

-- Wrong arguments: `level` 3 is the caller of the function that found it.
local function bad(argument, name, expected, got)
  error("bad argument #" .. argument .. " to '" .. name .. "' (" .. expected .. " expected, got " .. got .. ")", 3)
end

local function got(count, argument, value)
  return count < argument and "no value" or type(value)
end

local library = {}
for _, name in ipairs { "assert", "collectgarbage", "error", "gcinfo", "ipairs", "rawequal", "select", "tonumber",
    "tostring", "type", "xpcall", "_VERSION" } do
  library[name] = _G[name]
end

function library.next(...)
  local count, t, key = select("#", ...), ...
  if type(t) ~= "table" then
    bad(1, "next", "table", got(count, 1, t))
  end
  return next(original[t] or t, key)
end
local guarded_next = library.next

function library.pairs(...)
  local t = ...
  if type(t) ~= "table" then
    bad(1, "pairs", "table", got(select("#", ...), 1, t))
  end
  if original[t] then
    return guarded_next, t, nil
  end
  return next, t, nil
end

function library.rawget(...)
  local count, t, key = select("#", ...), ...
  if type(t) ~= "table" then
    bad(1, "rawget", "table", got(count, 1, t))
  elseif count < 2 then
    error("bad argument #2 to 'rawget' (value expected)", 2)
  end
  return rawget(original[t] or t, key)
end

function library.rawset(...)
  local count, t, key, value = select("#", ...), ...
  if type(t) ~= "table" then
    bad(1, "rawset", "table", got(count, 1, t))
  elseif count < 2 then
    error("bad argument #2 to 'rawset' (value expected)", 2)
  elseif count < 3 then
    error("bad argument #3 to 'rawset' (value expected)", 2)
  elseif original[t] then
    error(READONLY, 0)
  elseif key == nil then
    error("table index is nil", 0)
  elseif key ~= key then
    error("table index is NaN", 0)
  end
  return rawset(t, key, value)
end

function library.setmetatable(...)
  local count, t, meta = select("#", ...), ...
  if type(t) ~= "table" then
    bad(1, "setmetatable", "table", got(count, 1, t))
  elseif count < 2 or (meta ~= nil and type(meta) ~= "table") then
    error("bad argument #2 to 'setmetatable' (nil or table expected)", 2)
  elseif original[t] then
    error(READONLY, 0)
  elseif not pcall(setmetatable, t, meta) then
    error("cannot change a protected metatable", 2)
  end
  return t
end

function library.getmetatable(...)
  local value = ...
  if select("#", ...) == 0 then
    error("bad argument #1 to 'getmetatable' (value expected)", 2)
  end
  if original[value] then
    return visible[value]
  end
  return getmetatable(value)
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

function library.pcall(...)
  return unwrap(pcall(...))
end

function library.unpack(...)
  local count, t, from, to = select("#", ...), ...
  if type(t) ~= "table" then
    bad(1, "unpack", "table", got(count, 1, t))
  end
  local first = from == nil and 1 or tonumber(from)
  local last = to == nil and #t or tonumber(to)
  if type(from) ~= "nil" and (first == nil or type(from) == "table") then
    bad(2, "unpack", "number", type(from))
  elseif type(to) ~= "nil" and last == nil then
    bad(3, "unpack", "number", type(to))
  elseif not (last - first < MAX_UNPACKED) then
    error("too many results to unpack", 2)
  end
  return unpack(t, first, last)
end

-- Binary chunks are refused: made by hand they break out of the interpreter. A blank in front makes the parser see text.
-- No garbage is collected while the parser runs: it holds a string that the collector does not know (CVE-2025-49844).
local function load(text, name)
  if #text > MAX_CHUNK then
    return nil, "chunk is too long"
  end
  if byte(text, 1) == 27 then
    text = " " .. text
  end
  collectgarbage("stop")
  local loaded, message = loadstring(text, name)
  collectgarbage("restart")
  if loaded then
    setfenv(loaded, G)
  end
  return loaded, message
end

function library.loadstring(...)
  local count, text, name = select("#", ...), ...
  if type(text) == "number" then
    text = tostring(text)
  elseif type(text) ~= "string" then
    bad(1, "loadstring", "string", got(count, 1, text))
  end
  if name ~= nil and type(name) ~= "string" and type(name) ~= "number" then
    bad(2, "loadstring", "string", type(name))
  end
  return load(text, name == nil and text or tostring(name))
end

local function pieces(reader)
  local all = {}
  while true do
    local piece = reader()
    if piece == nil or piece == "" then
      return concat(all)
    elseif type(piece) ~= "string" and type(piece) ~= "number" then
      error("reader function must return a string", 0)
    end
    all[#all + 1] = piece
  end
end

function library.load(...)
  local count, reader, name = select("#", ...), ...
  if type(reader) ~= "function" then
    bad(1, "load", "function", got(count, 1, reader))
  end
  local ok, text = pcall(pieces, reader)
  if not ok then
    return nil, text
  end
  return load(text, name == nil and "=(load)" or tostring(name))
end

-- getfenv, setfenv and newproxy are left out, as in Redis from 7.0.15's security fixes on: a finalizer of a userdata would
-- run between scripts and outside of any protection.

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
local threads = copy(coroutine, {})
function threads.create(...)
  local body = ...
  if type(body) ~= "function" or getinfo(body, "S").what == "C" then
    error("bad argument #1 to 'create' (Lua function expected)", 2)
  end
  local thread = create(body)
  sethook(thread, hook, "", java.ticks)
  return thread
end

local function finish(ok, ...)
  if ok then
    return ...
  end
  local value = ...
  if type(value) == "string" then
    error(value, 3)
  end
  error(value, 0)
end

function threads.wrap(...)
  local body = ...
  if type(body) ~= "function" or getinfo(body, "S").what == "C" then
    error("bad argument #1 to 'wrap' (Lua function expected)", 2)
  end
  local thread = create(body)
  sethook(thread, hook, "", java.ticks)
  return function(...)
    return finish(resume(thread, ...))
  end
end

-- Where an error came from, for the end of the reply (Redis: __redis__err__handler). Frames of this file and of Java's
-- functions are what C functions are in Redis.
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

copy(library, globals)
for name, functions in pairs { string = copy(java.string, copy(string, {})), table = copy(table, {}), math = copy(copy(java.math, copy(math, {})), {}),
    coroutine = threads, os = { clock = os.clock }, redis = java.redis, bit = java.bit, struct = java.struct,
    cjson = java.cjson, cmsgpack = java.cmsgpack } do
  globals[name] = readonly(functions)
end
globals.__redis__err__handler = handler
setmetatable(globals, { __index = java.undefined })
visible[G] = readonly { __index = java.undefined }

local strings = getmetatable("")
strings.__index = original[globals.string]
strings.__metatable = readonly { __index = globals.string }

-- table.insert and its like write past __newindex: what they put into a shared table is gone after the script.
local function scrub()
  for held in next, original do
    local name = next(held)
    while name ~= nil do
      rawset(held, name, nil)
      name = next(held)
    end
  end
end

return G, globals, handler, arm, callee, scrub
