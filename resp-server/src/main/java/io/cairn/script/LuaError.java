package io.cairn.script;

/** An error that a Java function raises in Lua. Carries no stack trace: it is the script's, not ours. */
final class LuaError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the error value is. */
    enum Kind {
        /** The text behind the position of the caller (luaL_error). */
        MESSAGE,
        /** The text alone (luaG_runerror within a C function). */
        PLAIN,
        /** A table with the field err (luaPushError). */
        TABLE,
        /** The value on top of the stack. */
        TOP
    }

    private final Kind kind;

    private LuaError(Kind kind, String text) {
        super(text, null, false, false);
        this.kind = kind;
    }

    /** As luaL_error: the position of the caller is put in front. */
    static LuaError message(String text) {
        return new LuaError(Kind.MESSAGE, text);
    }

    static LuaError plain(String text) {
        return new LuaError(Kind.PLAIN, text);
    }

    /** A table whose err is {@code text}, behind "ERR " when it has no code of its own (begins with '-'). */
    static LuaError table(String text) {
        return new LuaError(Kind.TABLE, text);
    }

    /** The value on top of the stack. */
    static LuaError top() {
        return new LuaError(Kind.TOP, "");
    }

    Kind kind() {
        return kind;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
