package io.cairn.raft.meta;

/** A cluster cannot be planned from the given nodes; the message is for the user. */
public final class PlanException extends Exception {
    private static final long serialVersionUID = 1L;

    public PlanException(String message) {
        super(message);
    }
}
