package io.cairn.rdb;

import java.io.IOException;

/** RDB input that is damaged, truncated or of a kind that is not supported; says where. */
public final class RdbException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    public RdbException(String message, long offset) {
        super(message + " (at byte " + offset + ")");
        this.offset = offset;
    }

    /** Bytes from the beginning of the input. */
    public long offset() {
        return offset;
    }
}
