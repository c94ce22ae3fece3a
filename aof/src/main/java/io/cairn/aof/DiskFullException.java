package io.cairn.aof;

/** No space could be preallocated. Nothing was written; the log works again as soon as there is space. */
public final class DiskFullException extends LogException {
    private static final long serialVersionUID = 1L;

    public DiskFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
