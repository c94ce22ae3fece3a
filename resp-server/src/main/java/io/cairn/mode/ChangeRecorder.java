package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Effects.Effect;
import java.util.ArrayList;
import java.util.List;

/**
 * What one record does, gathered command by command for the node's followers; costs next to nothing while nobody follows. Used by one thread, which holds
 * the locks of what changes from {@link #begin} to {@link #end}: a follower joins under all locks.
 */
final class ChangeRecorder {
    private final ChangeStream stream;
    private final List<Effect> effects = new ArrayList<>();
    private boolean on;
    private long position;

    ChangeRecorder(ChangeStream stream) {
        this.stream = stream;
    }

    /** A record begins; {@code call} runs its commands. */
    void begin(Call call) {
        on = stream.isFollowed();
        call.followed(on);
        effects.clear();
        position = 0;
    }

    /** A command of the record ran. */
    void ran(Call call, int database, Args args, boolean changed) {
        if (on) {
            call.effects().addTo(effects, database, args, changed);
        }
    }

    /** The record is complete. */
    void end() {
        if (on && !effects.isEmpty()) {
            position = stream.send(effects);
            effects.clear();
        }
    }

    /** Where the record that ended last is in the stream, 0 when it is in none. */
    long position() {
        return position;
    }

    /** A command failed half-way: nobody can tell followers what it did. */
    void lost() {
        if (on) {
            stream.breakOff("a command ran out of memory");
        }
    }

    /** A key expired or was evicted: a record of its own. Between {@link #end} and the next {@link #begin}, under the lock of the key's stripe. */
    void deleted(int database, long key, int keyLength) {
        if (stream.isFollowed()) {
            stream.send(List.of(Effect.delete(database, key, keyLength)));
        }
    }
}
