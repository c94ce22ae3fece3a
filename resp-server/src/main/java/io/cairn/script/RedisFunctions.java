package io.cairn.script;

import io.cairn.command.Args;
import io.cairn.command.ServerState;
import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import party.iroiro.luajava.lua51.Lua51Natives;

/** The table {@code redis} of scripts. Redis: script_lua.c. */
final class RedisFunctions {
    /** What redis.log writes. */
    private static final Logger LOG = LoggerFactory.getLogger("io.cairn.script.log");

    private static final int LOG_DEBUG = 0;
    private static final int LOG_VERBOSE = 1;
    private static final int LOG_NOTICE = 2;
    private static final int LOG_WARNING = 3;

    private static final int REPLICATE_AOF = 1;
    private static final int REPLICATE_REPLICAS = 2;
    private static final int REPLICATE_ALL = REPLICATE_AOF | REPLICATE_REPLICAS;
    /** Longer arguments are read where they lie; shorter ones are put together into one string first. */
    private static final int LONG_ARGUMENT = 1024;
    /** More are not put together: Lua's stack has some 8,000 slots. */
    private static final int MAX_JOINED = 1000;

    private final LuaState state;
    private final Lua51Natives natives;
    private final LuaEngine engine;
    private final CapturedReply reply;
    private final Args args = new Args();
    private byte[][] numbers = new byte[0][];

    RedisFunctions(LuaState state, LuaEngine engine) {
        this.state = state;
        this.natives = state.natives;
        this.engine = engine;
        this.reply = new CapturedReply(state);
    }

    void fill(LuaState.Table to) {
        to.function("call", l -> call(l, true));
        to.function("pcall", l -> call(l, false));
        to.function("log", this::log);
        to.function("register_function", l -> {
            Registration loading = engine.registration();
            if (loading == null) {
                throw LuaError.table("redis.register_function can only be called on FUNCTION LOAD command");
            }
            return loading.register(l);
        });
        to.number("LOG_DEBUG", LOG_DEBUG);
        to.number("LOG_VERBOSE", LOG_VERBOSE);
        to.number("LOG_NOTICE", LOG_NOTICE);
        to.number("LOG_WARNING", LOG_WARNING);
        to.number("REDIS_VERSION_NUM", version());
        to.text("REDIS_VERSION", ServerState.REDIS_VERSION);
        to.function("setresp", this::setResp);
        to.function("sha1hex", this::sha1hex);
        to.function("error_reply", this::errorReply);
        to.function("status_reply", this::statusReply);
        to.function("set_repl", this::setReplication);
        to.number("REPL_NONE", 0);
        to.number("REPL_AOF", REPLICATE_AOF);
        to.number("REPL_SLAVE", REPLICATE_REPLICAS);
        to.number("REPL_REPLICA", REPLICATE_REPLICAS);
        to.number("REPL_ALL", REPLICATE_ALL);
        to.function("acl_check_cmd", this::aclCheck);
        to.function("breakpoint", l -> {
            natives.lua_pushboolean(l, 0);
            return 1;
        });
        to.function("debug", l -> 0);
        to.function("replicate_commands", l -> {
            natives.lua_pushboolean(l, 1);
            return 1;
        });
    }

    /** 7.0.15 is 0x0007000f. */
    private static int version() {
        int number = 0;
        for (String part : ServerState.REDIS_VERSION.split("\\.", -1)) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private ScriptRun run(String function) {
        ScriptRun run = engine.running();
        if (run == null) {
            throw LuaError.table(function + " can only be called inside a script invocation");
        }
        return run;
    }

    // ---- call and pcall

    private int call(long l, boolean raise) {
        ScriptRun run = run("redis.call/pcall");
        int top = natives.lua_gettop(l);
        String wrong = gather(l, top);
        if (wrong != null) {
            return fail(l, wrong, raise);
        }
        String refusal;
        try {
            reply.begin(run.resp3());
            refusal = run.host().call(run, args, reply);
        } finally {
            args.clear();
        }
        if (refusal != null) {
            natives.lua_settop(l, 0);
            state.pushErrorTable(l, refusal);
            natives.lua_pushboolean(l, 1);
            natives.lua_setfield(l, -2, "ignore_error_stats_update");
        } else {
            natives.lua_settop(l, 0);
            reply.push(l);
            if (!reply.isError()) {
                return 1;
            }
        }
        return raise ? -1 : 1;
    }

    private int fail(long l, String text, boolean raise) {
        natives.lua_settop(l, 0);
        state.pushErrorTable(l, text);
        return raise ? -1 : 1;
    }

    /** Takes the arguments from the stack; they stay on it, perhaps put together in one string on top. */
    private @Nullable String gather(long l, int count) {
        args.clear();
        if (count == 0) {
            return "Please specify at least one argument for this redis lib call";
        }
        if (numbers.length < count) {
            numbers = new byte[Math.max(16, count)][];
        }
        int joined = 0;
        boolean join = count <= MAX_JOINED && natives.lua_checkstack(l, count + 5) != 0;
        int numberBytes = 0;
        for (int i = 1; i <= count; i++) {
            int type = natives.lua_type(l, i);
            numbers[i - 1] = NOT_A_NUMBER;
            if (type == LuaState.NUMBER) {
                byte[] text = CFormat.g(natives.lua_tonumber(l, i), 17).getBytes(StandardCharsets.US_ASCII);
                numbers[i - 1] = text;
                numberBytes += text.length;
            } else if (type != LuaState.STRING) {
                return "Lua redis lib command arguments must be strings or integers";
            } else if (join && state.length(l, i) <= LONG_ARGUMENT) {
                natives.lua_pushvalue(l, i);
                joined++;
            }
        }
        long scratch = numberBytes == 0 ? 0 : engine.scratch(numberBytes);
        long all = 0;
        if (joined > 0) {
            natives.lua_concat(l, joined);
            all = state.address(l, -1);
        }
        for (int i = 1; i <= count; i++) {
            byte[] number = numbers[i - 1];
            if (number != NOT_A_NUMBER) {
                Memory.copy(number, 0, scratch, number.length);
                args.add(scratch, number.length);
                scratch += number.length;
                continue;
            }
            int length = state.length(l, i);
            if (join && length <= LONG_ARGUMENT) {
                args.add(all, length);
                all += length;
            } else {
                args.add(state.address(l, i), length);
            }
        }
        return null;
    }

    private static final byte[] NOT_A_NUMBER = {};

    // ---- the others

    private int log(long l) {
        int count = natives.lua_gettop(l);
        if (count < 2) {
            throw LuaError.table("redis.log() requires two arguments or more.");
        }
        if (natives.lua_isnumber(l, 1) == 0) {
            throw LuaError.table("First argument must be a number (log level).");
        }
        long level = (int) CNumbers.toLong(natives.lua_tonumber(l, 1));
        if (level < LOG_DEBUG || level > LOG_WARNING) {
            throw LuaError.table("Invalid debug level.");
        }
        StringBuilder line = new StringBuilder();
        for (int i = 2; i <= count; i++) {
            if (natives.lua_isstring(l, i) != 0) {
                line.append(i > 2 ? " " : "").append(new String(state.bytes(l, i), StandardCharsets.UTF_8));
            }
        }
        switch ((int) level) {
            case LOG_WARNING -> LOG.warn("{}", line);
            case LOG_NOTICE -> LOG.info("{}", line);
            case LOG_VERBOSE -> LOG.debug("{}", line);
            default -> LOG.trace("{}", line);
        }
        return 0;
    }

    private int setResp(long l) {
        ScriptRun run = run("redis.setresp");
        if (natives.lua_gettop(l) != 1) {
            throw LuaError.table("redis.setresp() requires one argument.");
        }
        int version = (int) CNumbers.toLong(natives.lua_tonumber(l, 1));
        if (version != 2 && version != 3) {
            throw LuaError.table("RESP version must be 2 or 3.");
        }
        run.resp3(version == 3);
        return 0;
    }

    private int sha1hex(long l) {
        if (natives.lua_gettop(l) != 1) {
            throw LuaError.table("wrong number of arguments");
        }
        byte[] text = natives.lua_isstring(l, 1) != 0 ? state.bytes(l, 1) : new byte[0];
        natives.lua_pushstring(l, Sha1.hex(text));
        return 1;
    }

    private boolean isOneString(long l) {
        return natives.lua_gettop(l) == 1 && natives.lua_type(l, 1) == LuaState.STRING;
    }

    private int errorReply(long l) {
        if (!isOneString(l)) {
            return fail(l, "wrong number or type of arguments", false);
        }
        String text = state.text(l, 1);
        int end = text.indexOf(0);
        String line = end < 0 ? text : text.substring(0, end);
        state.pushErrorTable(l, line.startsWith("-") ? line : "-" + line);
        return 1;
    }

    private int statusReply(long l) {
        if (!isOneString(l)) {
            return fail(l, "wrong number or type of arguments", false);
        }
        natives.lua_createtable(l, 0, 1);
        natives.lua_pushvalue(l, 1);
        natives.lua_setfield(l, -2, "ok");
        return 1;
    }

    /** Accepted and without effect: what a script writes is always logged, or replicas would differ. */
    private int setReplication(long l) {
        run("redis.set_repl");
        if (natives.lua_gettop(l) != 1) {
            throw LuaError.table("redis.set_repl() requires two arguments.");
        }
        int flags = (int) CNumbers.toLong(natives.lua_tonumber(l, 1));
        if ((flags & ~REPLICATE_ALL) != 0) {
            throw LuaError.table("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
        }
        return 0;
    }

    /** Whether the caller of the script may run a command. */
    private int aclCheck(long l) {
        ScriptRun run = run("redis.acl_check_cmd");
        String wrong = gather(l, natives.lua_gettop(l));
        boolean known = wrong == null && engine.knows(args);
        boolean allowed = known && run.host().allows(run, args);
        args.clear();
        if (wrong != null) {
            throw LuaError.table(wrong);
        }
        if (!known) {
            throw LuaError.table("Invalid command passed to redis.acl_check_cmd()");
        }
        natives.lua_settop(l, 0);
        natives.lua_pushboolean(l, allowed ? 1 : 0);
        return 1;
    }
}
