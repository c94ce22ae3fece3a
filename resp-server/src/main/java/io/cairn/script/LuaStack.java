package io.cairn.script;

import io.cairn.keyspace.Memory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import party.iroiro.luajava.lua51.Lua51Natives;

/** What goes over the stack of a Lua state: strings, arguments, errors. {@code l} is the state, or a coroutine of it. */
abstract class LuaStack {
    static final int REGISTRY = -10_000;
    static final int NIL = 0;
    static final int BOOLEAN = 1;
    static final int LIGHT_USERDATA = 2;
    static final int NUMBER = 3;
    static final int STRING = 4;
    static final int TABLE = 5;

    final Lua51Natives natives;
    private final Constants constants = new Constants(this);

    LuaStack(Lua51Natives natives) {
        this.natives = natives;
    }

    /** Pushes the function that answers by which name the running function was called. */
    abstract void pushCallee(long l);

    // ---- strings

    /** Strings on their way into Lua; one use at a time. */
    Constants constants() {
        constants.clear();
        return constants;
    }

    /** Pushes text of ASCII without NUL. */
    void pushAscii(long l, String text) {
        natives.lua_checkstack(l, 1);
        natives.lua_pushstring(l, text);
    }

    void push(long l, byte[] bytes) {
        Constants one = constants();
        one.add(bytes);
        one.pushOne(l);
    }

    /** Text of one char a byte. */
    void push(long l, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == 0 || text.charAt(i) > 0x7e) {
                push(l, text.getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
        }
        natives.lua_pushstring(l, text);
    }

    /** Where the bytes of the string at an index lie, while it is on the stack; 0 for an empty one. Use {@link #length}. */
    long address(long l, int index) {
        if (length(l, index) == 0) {
            return 0;
        }
        ByteBuffer view = (ByteBuffer) natives.luaJ_todirectbuffer(l, index);
        return view == null ? 0 : Memory.addressOf(view);
    }

    int length(long l, int index) {
        return (int) natives.lua_objlen(l, index);
    }

    /** The bytes of a string; a number is turned into one on the stack. */
    byte[] bytes(long l, int index) {
        if (natives.lua_type(l, index) == NUMBER) {
            return CFormat.g(natives.lua_tonumber(l, index), 14).getBytes(StandardCharsets.ISO_8859_1);
        }
        int length = length(l, index);
        return Memory.bytes(address(l, index), length);
    }

    /** As {@link #bytes}, one char a byte. */
    String text(long l, int index) {
        return new String(bytes(l, index), StandardCharsets.ISO_8859_1);
    }

    // ---- arguments of functions

    double checkNumber(long l, int index) {
        if (natives.lua_isnumber(l, index) == 0) {
            throw typeError(l, index, "number");
        }
        return natives.lua_tonumber(l, index);
    }

    /** An int as C casts it. */
    int checkInt(long l, int index) {
        return (int) CNumbers.toLong(checkNumber(l, index));
    }

    /** Checks that an argument is a string or number. */
    void checkString(long l, int index) {
        if (natives.lua_isstring(l, index) == 0) {
            throw typeError(l, index, "string");
        }
    }

    LuaError typeError(long l, int index, String expected) {
        return argumentError(l, index, expected + " expected, got " + natives.luaL_typename(l, index));
    }

    /** Lua: luaL_argerror. */
    LuaError argumentError(long l, int index, String text) {
        natives.lua_checkstack(l, 5);
        pushCallee(l);
        String name = null;
        String kind = null;
        int top = natives.lua_gettop(l) - 1;
        if (natives.lua_pcall(l, 0, 2, 0) == 0) {
            name = asText(l, -2);
            kind = asText(l, -1);
        }
        natives.lua_settop(l, top);
        int argument = index;
        if ("method".equals(kind)) {
            argument--;
            if (argument == 0) {
                return LuaError.message("calling '" + name + "' on bad self (" + text + ")");
            }
        }
        return LuaError.message(
                "bad argument #" + argument + " to '" + (name == null ? "?" : name) + "' (" + text + ")");
    }

    private @Nullable String asText(long l, int index) {
        return natives.lua_type(l, index) == STRING ? text(l, index) : null;
    }

    // ---- errors

    /** Pushes the value of an error. */
    void pushError(long l, LuaError error) {
        natives.lua_checkstack(l, 5);
        switch (error.kind()) {
            case MESSAGE -> {
                natives.luaL_where(l, 1);
                push(l, error.text());
                natives.lua_concat(l, 2);
            }
            case PLAIN -> push(l, error.text());
            case TABLE -> pushErrorTable(l, error.text());
            case TOP -> {}
        }
    }

    /** Pushes the table that stands for an error. Redis: luaPushErrorBuff. */
    void pushErrorTable(long l, String text) {
        natives.lua_checkstack(l, 5);
        String line;
        if (text.startsWith("-")) {
            int space = text.indexOf(' ');
            line = space < 0
                    ? "ERR " + trim(text.substring(1))
                    : text.substring(1, space) + " " + trim(text.substring(space + 1));
        } else {
            line = "ERR " + trim(text);
        }
        natives.lua_createtable(l, 0, 4);
        push(l, line);
        natives.lua_setfield(l, -2, "err");
    }

    private static String trim(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isNewline(text.charAt(from))) {
            from++;
        }
        while (to > from && isNewline(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isNewline(char c) {
        return c == '\r' || c == '\n';
    }
}
