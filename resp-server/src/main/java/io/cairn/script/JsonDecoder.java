package io.cairn.script;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** cjson.decode, with lua_cjson's tolerance and errors. One object a call. lua_cjson: json_process_value. */
final class JsonDecoder {
    private enum Token {
        OBJECT_BEGIN("T_OBJ_BEGIN"),
        OBJECT_END("T_OBJ_END"),
        ARRAY_BEGIN("T_ARR_BEGIN"),
        ARRAY_END("T_ARR_END"),
        STRING("T_STRING"),
        NUMBER("T_NUMBER"),
        BOOLEAN("T_BOOLEAN"),
        NULL("T_NULL"),
        COLON("T_COLON"),
        COMMA("T_COMMA"),
        END("T_END"),
        ERROR("T_ERROR");

        final String shown;

        Token(String shown) {
            this.shown = shown;
        }
    }

    private final long l;
    private final JsonFunctions.Settings settings;
    private final Tape tape;
    private final Bytes text = new Bytes();
    private final byte[] data;
    private int at;
    private int depth;

    private Token token = Token.END;
    private int tokenAt;
    private double number;
    private boolean truth;
    private String error = "";

    JsonDecoder(LuaState state, long l, JsonFunctions.Settings settings) {
        this.l = l;
        this.settings = settings;
        this.tape = new Tape(state);
        if (state.natives.lua_gettop(l) != 1) {
            throw state.argumentError(l, 1, "expected 1 argument");
        }
        state.checkString(l, 1);
        this.data = state.bytes(l, 1);
    }

    int run() {
        if (data.length >= 2 && (data[0] == 0 || data[1] == 0)) {
            throw LuaError.message("JSON parser does not support UTF-16 or UTF-32");
        }
        tape.clear();
        next();
        value();
        next();
        if (token != Token.END) {
            throw expected("the end");
        }
        tape.push(l);
        return 1;
    }

    private LuaError expected(String what) {
        return LuaError.message("Expected " + what + " but found " + (token == Token.ERROR ? error : token.shown)
                + " at character " + (tokenAt + 1));
    }

    // ---- values

    private void value() {
        switch (token) {
            case STRING -> string();
            case NUMBER -> tape.number(number);
            case BOOLEAN -> tape.note(Tape.BOOLEAN, truth ? 1 : 0);
            case NULL -> tape.note(Tape.NULL_POINTER, 0);
            case OBJECT_BEGIN -> object();
            case ARRAY_BEGIN -> array();
            default -> throw expected("value");
        }
    }

    private void string() {
        text.note(tape);
    }

    private void descend() {
        if (++depth > settings.decodeDepth) {
            throw LuaError.message("Found too many nested data structures (" + depth + ") at character " + at);
        }
    }

    private void object() {
        descend();
        int index = tape.note(Tape.MAP, 0);
        int pairs = 0;
        next();
        if (token == Token.OBJECT_END) {
            depth--;
            return;
        }
        while (true) {
            if (token != Token.STRING) {
                throw expected("object key string");
            }
            string();
            next();
            if (token != Token.COLON) {
                throw expected("colon");
            }
            next();
            value();
            pairs++;
            next();
            if (token == Token.OBJECT_END) {
                tape.size(index, pairs);
                depth--;
                return;
            }
            if (token != Token.COMMA) {
                throw expected("comma or object end");
            }
            next();
        }
    }

    private void array() {
        descend();
        int index = tape.note(Tape.ARRAY, 0);
        int size = 0;
        next();
        if (token == Token.ARRAY_END) {
            depth--;
            return;
        }
        while (true) {
            value();
            size++;
            next();
            if (token == Token.ARRAY_END) {
                tape.size(index, size);
                depth--;
                return;
            }
            if (token != Token.COMMA) {
                throw expected("comma or array end");
            }
            next();
        }
    }

    // ---- tokens

    /** The byte at a position; 0 at the end, as C's strings have it. */
    private int peek(int position) {
        return position < data.length ? data[position] & 0xff : 0;
    }

    private void fail(String why) {
        token = Token.ERROR;
        tokenAt = at;
        error = why;
    }

    private void next() {
        while (peek(at) == ' ' || peek(at) == '\t' || peek(at) == '\n' || peek(at) == '\r') {
            at++;
        }
        tokenAt = at;
        int c = peek(at);
        Token single = single(c);
        if (single != null) {
            token = single;
            if (single != Token.END) {
                at++;
            }
        } else if (c == '"') {
            scanString();
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            if (!settings.decodeInvalid && isInvalidNumber()) {
                fail("invalid number");
            } else {
                scanNumber();
            }
        } else if (begins("true")) {
            literal(Token.BOOLEAN, 4);
            truth = true;
        } else if (begins("false")) {
            literal(Token.BOOLEAN, 5);
            truth = false;
        } else if (begins("null")) {
            literal(Token.NULL, 4);
        } else if (settings.decodeInvalid && "iInN+tf".indexOf(c) >= 0 && isInvalidNumber()) {
            scanNumber();
        } else {
            fail("invalid token");
        }
    }

    private static @Nullable Token single(int c) {
        return switch (c) {
            case '{' -> Token.OBJECT_BEGIN;
            case '}' -> Token.OBJECT_END;
            case '[' -> Token.ARRAY_BEGIN;
            case ']' -> Token.ARRAY_END;
            case ',' -> Token.COMMA;
            case ':' -> Token.COLON;
            case 0 -> Token.END;
            default -> null;
        };
    }

    private void literal(Token kind, int length) {
        token = kind;
        at += length;
    }

    private boolean begins(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (peek(at + i) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean beginsIgnoringCase(int from, String word) {
        for (int i = 0; i < word.length(); i++) {
            if ((peek(from + i) | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** What strtod takes but JSON does not: a plus, hexadecimal digits, leading zeros, inf, nan. */
    private boolean isInvalidNumber() {
        int p = at;
        if (peek(p) == '+') {
            return true;
        }
        if (peek(p) == '-') {
            p++;
        }
        int c = peek(p);
        if (c == '0') {
            int second = peek(p + 1);
            return (second | 0x20) == 'x' || (second >= '0' && second <= '9');
        }
        return c > '9' && (beginsIgnoringCase(p, "inf") || beginsIgnoringCase(p, "nan"));
    }

    private void scanNumber() {
        Strtod parsed = Strtod.parse(data, at);
        if (parsed.end() == at) {
            fail("invalid number");
            return;
        }
        token = Token.NUMBER;
        number = parsed.value();
        at = parsed.end();
    }

    private void scanString() {
        at++;
        text.clear();
        while (true) {
            int c = peek(at);
            if (c == '"') {
                break;
            }
            if (c == 0) {
                fail("unexpected end of string");
                return;
            }
            if (c != '\\') {
                text.put(c);
                at++;
                continue;
            }
            int escape = peek(at + 1);
            int plain = escaped(escape);
            if (escape == 'u') {
                if (!unicode()) {
                    fail("invalid unicode escape code");
                    return;
                }
            } else if (plain == 0) {
                fail("invalid escape code");
                return;
            } else {
                text.put(plain);
                at += 2;
            }
        }
        at++;
        token = Token.STRING;
    }

    private static int escaped(int c) {
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'f' -> '\f';
            case 'r' -> '\r';
            default -> 0;
        };
    }

    private int hex4(int from) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int c = peek(from + i);
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** Takes a {@code \\uXXXX}, or two of them that are a surrogate pair. */
    private boolean unicode() {
        int code = hex4(at + 2);
        if (code < 0) {
            return false;
        }
        int length = 6;
        if ((code & 0xF800) == 0xD800) {
            int low = hex4(at + 8);
            if ((code & 0x400) != 0
                    || peek(at + 6) != '\\'
                    || peek(at + 7) != 'u'
                    || (low & 0xFC00) != 0xDC00
                    || low < 0) {
                return false;
            }
            code = ((code & 0x3FF) << 10 | (low & 0x3FF)) + 0x10000;
            length = 12;
        }
        text.put(new String(Character.toChars(code)).getBytes(StandardCharsets.UTF_8));
        at += length;
        return true;
    }
}
