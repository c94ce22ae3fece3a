package io.cairn.raft.meta;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Atomic moves of slots: those under way, and the last ones that ended, in the order in which they began. Immutable.
 *
 * @param all at most {@link #MAX_ENDED} of them have ended, and at most {@link #MAX_RUNNING} have not
 */
public record Migrations(List<Migration> all) {
    /** Ended ones that are remembered; the oldest is forgotten first. */
    public static final int MAX_ENDED = 100;

    /** Most that are under way. */
    public static final int MAX_RUNNING = 1_000;

    static final Migrations NONE = new Migrations(List.of());

    public Migrations {
        all = List.copyOf(all);
    }

    public @Nullable Migration find(String id) {
        for (Migration migration : all) {
            if (migration.id().equals(id)) {
                return migration;
            }
        }
        return null;
    }

    /** The one under way that has this id, or null. */
    public @Nullable Migration running(String id) {
        Migration found = find(id);
        return found != null && found.isRunning() ? found : null;
    }

    /** The one under way that moves the slot, or null. */
    public @Nullable Migration of(int slot) {
        for (Migration migration : all) {
            if (migration.isRunning() && migration.has(slot)) {
                return migration;
            }
        }
        return null;
    }

    public List<Migration> running() {
        return all.stream().filter(Migration::isRunning).toList();
    }

    /** Whether slots are under way to the shard. */
    boolean arriveAt(String shardId) {
        for (Migration migration : all) {
            if (migration.isRunning() && migration.to().equals(shardId)) {
                return true;
            }
        }
        return false;
    }
}
