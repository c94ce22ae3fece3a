package io.cairn.raft.group;

import java.io.IOException;

/** An administrative operation on a group did not succeed; {@link #failure} says what is known of its effect. */
public final class GroupException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Failure failure;

    public GroupException(Failure failure, String message) {
        super(message);
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}
