package io.cairn.script;

import io.cairn.command.Reply;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;

/**
 * The reply of a command that a script called: first noted while the handler runs, then turned into Lua values. Redis:
 * redisProtocolToLuaType.
 */
public final class CapturedReply implements Reply {
    private final Tape tape;
    private boolean resp3;
    private String errorCode = "";

    CapturedReply(LuaState state) {
        this.tape = new Tape(state);
    }

    void begin(boolean asResp3) {
        tape.clear();
        resp3 = asResp3;
    }

    /** True when the whole reply is an error. */
    public boolean isError() {
        return !tape.isEmpty() && tape.first() == Tape.ERROR;
    }

    /** The first word of the error that was answered last. */
    public String errorCode() {
        return errorCode;
    }

    /** Takes everything back. */
    public void rewind() {
        tape.clear();
    }

    /** Pushes the reply. */
    void push(long l) {
        if (tape.isEmpty()) {
            throw LuaError.table("the command gave no reply");
        }
        tape.push(l);
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    @Override
    public void ok() {
        simple("OK");
    }

    @Override
    public void simple(String text) {
        simple(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void simple(byte[] text) {
        tape.string(Tape.STATUS, text);
    }

    @Override
    public void error(String text) {
        // Every error has a code.
        String line = text.indexOf(' ') < 0 ? "ERR " + text : text;
        error(line.replace('\r', ' ').replace('\n', ' ').getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void error(byte[] line) {
        errorCode = Reply.errorCode(line);
        tape.string(Tape.ERROR, line);
    }

    @Override
    public void number(long value) {
        tape.number((double) value);
    }

    @Override
    public void bulk(long address, int length) {
        tape.string(Tape.STRING, address, length);
    }

    @Override
    public void bulk(byte[] bytes) {
        tape.string(Tape.STRING, bytes);
    }

    @Override
    public void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void bulkNumber(long value) {
        bulk(Long.toString(value));
    }

    @Override
    public void bulk(NativeBlock block, int offset, int length) {
        bulk(block.address() + offset, length);
    }

    @Override
    public void nil() {
        if (resp3) {
            tape.note(Tape.NIL, 0);
        } else {
            tape.note(Tape.BOOLEAN, 0);
        }
    }

    @Override
    public void nilArray() {
        nil();
    }

    @Override
    public void array(int size) {
        tape.note(Tape.ARRAY, size);
    }

    @Override
    public void map(int pairs) {
        tape.note(resp3 ? Tape.MAP_FIELD : Tape.ARRAY, resp3 ? pairs : 2L * pairs);
    }

    @Override
    public void set(int size) {
        tape.note(resp3 ? Tape.SET_FIELD : Tape.ARRAY, size);
    }

    @Override
    public void push(int size) {
        tape.note(Tape.ARRAY, size);
    }

    @Override
    public void real(String digits) {
        if (resp3) {
            tape.note(Tape.REAL, Double.doubleToRawLongBits(number(digits)));
        } else {
            bulk(digits);
        }
    }

    private static double number(String digits) {
        return switch (digits) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan", "-nan" -> Double.NaN;
            default -> Double.parseDouble(digits);
        };
    }

    @Override
    public void real(double value) {
        if (resp3) {
            tape.note(Tape.REAL, Double.doubleToRawLongBits(value));
        } else {
            bulk(CFormat.g(value, 17));
        }
    }

    @Override
    public void bool(boolean value) {
        if (resp3) {
            tape.note(Tape.BOOLEAN, value ? 1 : 0);
        } else {
            number(value ? 1 : 0);
        }
    }

    @Override
    public void bigNumber(byte[] digits) {
        tape.string(resp3 ? Tape.BIG_NUMBER : Tape.STRING, digits);
    }

    @Override
    public void verbatim(String text) {
        tape.string(resp3 ? Tape.VERBATIM : Tape.STRING, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void verbatim(String format, byte[] bytes) {
        tape.string(resp3 ? Tape.VERBATIM : Tape.STRING, bytes);
    }
}
