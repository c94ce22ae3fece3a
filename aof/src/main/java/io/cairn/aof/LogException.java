package io.cairn.aof;

import java.io.IOException;

/**
 * The log cannot do what was asked. After a failed write or fsync a log is broken for good: every later call throws,
 * and the node that owns it must stop without acknowledging anything more.
 */
public class LogException extends IOException {
    private static final long serialVersionUID = 1L;

    public LogException(String message) {
        super(message);
    }

    public LogException(String message, Throwable cause) {
        super(message, cause);
    }
}
