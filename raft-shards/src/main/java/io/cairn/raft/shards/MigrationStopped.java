package io.cairn.raft.shards;

/** Why an attempt of a migration ends without a commit. */
final class MigrationStopped extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean silent;

    /** @param silent it is no failure: somebody else goes on, or the migration is over */
    MigrationStopped(String why, boolean silent) {
        super(why, null, false, false);
        this.silent = silent;
    }

    boolean isSilent() {
        return silent;
    }
}
