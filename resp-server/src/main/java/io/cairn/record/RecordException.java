package io.cairn.record;

/** Bytes that are no batch of records, or of a version this build does not know. The node that meets them stops. */
public final class RecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RecordException(String message) {
        super(message);
    }
}
