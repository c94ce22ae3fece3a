package io.cairn.command;

import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;

/**
 * Where a call writes its reply, in the protocol version of its connection (RESP2 or RESP3). Aggregates announce their
 * size first. One call writes exactly one complete reply.
 */
public interface Reply {
    /** True on a RESP3 connection. */
    boolean resp3();

    /** +OK. */
    void ok();

    /** A simple string without CR or LF. */
    void simple(String text);

    /** An error line; {@code text} starts with its code, as "ERR syntax error". CR and LF become spaces. */
    void error(String text);

    void number(long value);

    void bulk(long address, int length);

    void bulk(byte[] bytes);

    /** A bulk string in UTF-8. */
    void bulk(String text);

    /** A number as a bulk string. */
    void bulkNumber(long value);

    /** A bulk string out of a block, sent without a copy: the reply takes a reference of its own. */
    void bulk(NativeBlock block, int offset, int length);

    /** The null of the protocol version: {@code $-1} or {@code _}. */
    void nil();

    /** The null array: {@code *-1} or {@code _}. */
    void nilArray();

    void array(int size);

    /** A map of {@code pairs} pairs: an array of twice that size in RESP2. */
    void map(int pairs);

    /** A set: an array in RESP2. */
    void set(int size);

    /** A push message (RESP3), an array in RESP2. */
    void push(int size);

    /** Attributes of the reply that follows, of {@code pairs} pairs (RESP3); to be called on RESP3 connections only. */
    default void attribute(int pairs) {
        throw new UnsupportedOperationException("attributes");
    }

    /** A double: bulk string in RESP2. */
    void real(double value);

    /** A double in the digits given: bulk string in RESP2. */
    void real(String digits);

    /** A boolean: 1 or 0 in RESP2. */
    void bool(boolean value);

    /** A verbatim string ({@code txt}): bulk string in RESP2. */
    void verbatim(String text);

    // What scripts answer: bytes of any kind, one char a byte where an implementation knows text only.

    /** As {@link #error(String)}, of bytes. */
    default void error(byte[] line) {
        error(new String(line, StandardCharsets.ISO_8859_1));
    }

    /** As {@link #error(byte[])}, of an error that was counted where it came to be: a script passes it on. */
    default void countedError(byte[] line) {
        error(line);
    }

    /** The first word of an error line. */
    static String errorCode(byte[] line) {
        int space = 0;
        while (space < line.length && line[space] != ' ') {
            space++;
        }
        return new String(line, 0, space, StandardCharsets.ISO_8859_1);
    }

    /** As {@link #simple(String)}, of bytes; CR and LF become spaces. */
    default void simple(byte[] text) {
        simple(new String(text, StandardCharsets.ISO_8859_1).replace('\r', ' ').replace('\n', ' '));
    }

    /** A big number: bulk string in RESP2. */
    default void bigNumber(byte[] digits) {
        bulk(digits);
    }

    /** A verbatim string of a format of up to three characters: bulk string in RESP2. */
    default void verbatim(String format, byte[] bytes) {
        bulk(bytes);
    }
}
