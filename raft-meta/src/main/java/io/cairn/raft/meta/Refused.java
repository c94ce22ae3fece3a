package io.cairn.raft.meta;

/** A command that contradicts the map. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
        super(reason, null, false, false);
    }

    static void unless(boolean holds, String reason) throws Refused {
        if (!holds) {
            throw new Refused(reason);
        }
    }
}
