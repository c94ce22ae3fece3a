package io.cairn.command;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;

/** The clients that see every command (MONITOR). Any thread. Redis: replicationFeedMonitors. */
public interface Monitors {
    /** Nobody sees anything. */
    Monitors NONE = new Monitors() {
        @Override
        public boolean any() {
            return false;
        }

        @Override
        public void tell(byte[] line) {}
    };

    /** Bytes of arguments that one line shows: above that it says how many are left out. */
    int MAX_LINE_BYTES = 1 << 20;

    /** The name that stands for a script's own commands in the place of an address. */
    String SCRIPT = "lua";

    /** Whether anybody watches: one read of a field, so that commands cost nothing more while nobody does. */
    boolean any();

    /** Sends an encoded line to all; waits for nobody. */
    void tell(byte[] line);

    /**
     * Shows a command that has run, or is about to where it runs elsewhere; commands of the administrator are shown to nobody. Nothing happens
     * while nobody watches.
     *
     * @param from the client's address, or {@link #SCRIPT}
     */
    default void show(ServerState server, Command command, Args args, int database, String from) {
        if (any() && !command.is(Flag.ADMIN)) {
            tell(line(server.micros(), database, from, args));
        }
    }

    /** One line: time, database, client and quoted arguments, without what is secret in them. */
    static byte[] line(long micros, int database, String from, Args args) {
        StringBuilder line = new StringBuilder(64);
        line.append('+').append(micros / 1_000_000).append('.');
        String below = Long.toString(micros % 1_000_000);
        line.append("0".repeat(6 - below.length())).append(below);
        line.append(" [").append(database).append(' ').append(from).append(']');
        int room = MAX_LINE_BYTES;
        for (int i = 0; i < args.count(); i++) {
            line.append(" \"");
            if (Secrets.hides(args, i)) {
                line.append(Secrets.REDACTED);
            } else {
                room -= quote(args, i, room, line);
            }
            line.append('"');
        }
        return line.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Redis: sdscatrepr. Returns how many bytes it shows, at most {@code room}. */
    private static int quote(Args args, int argument, int room, StringBuilder to) {
        byte[] shown = Memory.bytes(args.address(argument), Math.min(room, args.length(argument)));
        for (byte each : shown) {
            switch (each) {
                case '\\' -> to.append("\\\\");
                case '"' -> to.append("\\\"");
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                case 7 -> to.append("\\a");
                case '\b' -> to.append("\\b");
                default -> {
                    if (each >= ' ' && each <= '~') {
                        to.append((char) each);
                    } else {
                        to.append("\\x");
                        to.append(Character.forDigit(each >> 4 & 15, 16)).append(Character.forDigit(each & 15, 16));
                    }
                }
            }
        }
        if (shown.length < args.length(argument)) {
            to.append("... (").append(args.length(argument) - shown.length).append(" more bytes)");
        }
        return shown.length;
    }
}
