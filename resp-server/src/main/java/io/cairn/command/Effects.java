package io.cairn.command;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the run of one command did, as commands that do the same at any other time and by any other chance: what Redis writes into its replication
 * stream in the place of the command (rewriteClientCommandVector, alsoPropagate). Reused from run to run; confined to one thread.
 */
public final class Effects {
    /**
     * One command for followers.
     *
     * @param words name and arguments
     */
    public record Effect(int database, List<byte[]> words) {
        /** The end of a key. */
        public static Effect delete(int database, long key, int keyLength) {
            return new Effect(database, List.of(text("DEL"), Memory.bytes(key, keyLength)));
        }
    }

    private final List<Effect> deletes = new ArrayList<>();
    private final List<Effect> commands = new ArrayList<>();
    private boolean replaced;

    void begin() {
        deletes.clear();
        commands.clear();
        replaced = false;
    }

    /** The command met a key that is expired: it goes first, whatever else comes. */
    void expired(int database, long key, int keyLength) {
        deletes.add(Effect.delete(database, key, keyLength));
    }

    /** These words are sent, and the command as it came is not. */
    void instead(int database, List<byte[]> words) {
        replaced = true;
        commands.add(new Effect(database, words));
    }

    /** The command as it came is not sent. */
    void nothing() {
        replaced = true;
    }

    /**
     * Adds what is to be sent for the command that ran.
     *
     * @param changed whether it changed anything
     */
    public void addTo(List<Effect> out, int database, Args args, boolean changed) {
        out.addAll(deletes);
        if (!changed) {
            return;
        }
        if (replaced) {
            out.addAll(commands);
            return;
        }
        List<byte[]> words = new ArrayList<>(args.count());
        for (int i = 0; i < args.count(); i++) {
            words.add(args.bytes(i));
        }
        out.add(new Effect(database, words));
    }

    static byte[] text(String word) {
        return word.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] number(long value) {
        return text(Long.toString(value));
    }
}
