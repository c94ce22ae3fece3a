package io.cairn.rdb;

import java.io.IOException;

/** A hash has fields that expire, and what is written is of Redis 7.0's form, which has no place for that. */
public final class FieldExpiryException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What is wrong, without an error code. */
    public static final String TEXT = "a hash has fields that expire, which the form of Redis 7.0 cannot hold";

    public FieldExpiryException() {
        super(TEXT);
    }
}
