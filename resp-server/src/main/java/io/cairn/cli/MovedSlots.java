package io.cairn.cli;

import io.cairn.cli.SlotPlan.Move;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Moves slots as a whole, one migration after another, and shows how far each has come. */
final class MovedSlots {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final long POLL_MILLIS = 200;
    private static final int BAR_WIDTH = 30;
    private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** How long no node may know of a migration that was begun, milliseconds. */
    private static final long UNSEEN_MILLIS = 60_000;

    private static final Pattern KEYS = Pattern.compile("(\\d+) of (\\d+) keys");

    private final Set<InetSocketAddress> nodes;
    private final Login login;
    private final PrintWriter err;
    private final boolean bar;
    private long shownNanos = System.nanoTime();
    private boolean drawn;

    /** @param bar draws a bar again and again, else a line now and then */
    MovedSlots(List<InetSocketAddress> nodes, Login login, PrintWriter err, boolean bar) {
        this.nodes = new LinkedHashSet<>(nodes);
        this.login = login;
        this.err = err;
        this.bar = bar;
    }

    /** A primary and its slots. */
    record Primary(String id, InetSocketAddress address, BitSet slots) {}

    /** The primaries by id, those without slots too. */
    Map<String, Primary> primaries() throws IOException {
        String text = String.valueOf(ask("CLUSTER", "NODES"));
        Map<String, Primary> primaries = new TreeMap<>();
        for (String line : text.split("\n", -1)) {
            String[] fields = line.strip().split(" ", -1);
            if (fields.length < 8 || fields[1].isEmpty()) {
                continue;
            }
            String address = fields[1].replaceAll("[@,].*", "");
            InetSocketAddress at = ClusterClient.addresses(List.of(address)).get(0);
            nodes.add(at);
            if (!fields[2].contains("master") || fields[2].contains("fail")) {
                continue;
            }
            BitSet slots = new BitSet(SlotPlan.SLOTS);
            for (int i = 8; i < fields.length; i++) {
                if (!fields[i].startsWith("[") && !fields[i].isEmpty()) {
                    slots.or(SlotPlan.parse(fields[i]));
                }
            }
            primaries.put(fields[0], new Primary(fields[0], at, slots));
        }
        return primaries;
    }

    /** The primary of this id or address. @throws IOException if there is none */
    static Primary find(Map<String, Primary> primaries, String word) throws IOException {
        for (Primary primary : primaries.values()) {
            String address =
                    primary.address().getHostString() + ":" + primary.address().getPort();
            if (primary.id().equals(word) || address.equals(word)) {
                return primary;
            }
        }
        throw new IOException("no primary of the cluster: '" + word + "'");
    }

    /** The moves that bring these slots to a primary from whoever has them. */
    static List<Move> toward(Map<String, Primary> primaries, BitSet slots, Primary to) throws IOException {
        List<Move> moves = new ArrayList<>();
        BitSet left = (BitSet) slots.clone();
        left.andNot(to.slots());
        for (Primary from : primaries.values()) {
            BitSet part = (BitSet) left.clone();
            part.and(from.slots());
            if (!part.isEmpty()) {
                moves.add(new Move(from.id(), to.id(), part));
                left.andNot(part);
            }
        }
        if (!left.isEmpty()) {
            throw new IOException("slot " + left.nextSetBit(0) + " has no owner");
        }
        return moves;
    }

    /**
     * Has a move made and waits for its end.
     *
     * @throws IOException when it is refused, fails, or is cancelled
     */
    void make(Move move, Map<String, Primary> primaries) throws IOException, InterruptedException {
        Primary to = find(primaries, move.to());
        List<String> words = new ArrayList<>(List.of("CLUSTER", "MIGRATION", "IMPORT"));
        words.addAll(move.pairs());
        String id;
        try (RespClient client = connect(to.address())) {
            id = client.text(words.toArray(new String[0]));
        }
        String title = move.slots().cardinality() + " slots to " + to.address().getHostString() + ":"
                + to.address().getPort();
        long began = System.nanoTime();
        long seen = began;
        while (true) {
            Map<String, String> state = state(id);
            long now = System.nanoTime();
            if (!state.isEmpty()) {
                seen = now;
            } else if (now - seen > TimeUnit.MILLISECONDS.toNanos(UNSEEN_MILLIS)) {
                throw new IOException("no node knows of migration " + id + " any more");
            }
            String is = state.getOrDefault("state", "");
            if (is.equals("success")) {
                show(title, 100, "done", began, true);
                return;
            }
            if (is.equals("failed") || is.equals("cancelled")) {
                endLine();
                throw new IOException("migration " + id + " was " + is + ": " + state.getOrDefault("message", ""));
            }
            progress(title, state, began);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private void progress(String title, Map<String, String> state, long began) {
        Matcher keys = KEYS.matcher(state.getOrDefault("message", ""));
        int percent = 0;
        String text = state.getOrDefault("state", "begins");
        if (keys.find()) {
            long sent = Long.parseLong(keys.group(1));
            long total = Long.parseLong(keys.group(2));
            percent = total == 0 ? 99 : (int) Math.min(99, sent * 100 / total);
            text = String.format(Locale.ROOT, "%s  %,d of %,d keys", text, Math.min(sent, total), total);
        }
        show(title, percent, text, began, false);
    }

    private void show(String title, int percent, String text, long began, boolean end) {
        long now = System.nanoTime();
        double seconds = (now - began) / 1e9;
        if (bar) {
            int full = percent * BAR_WIDTH / 100;
            err.printf(
                    Locale.ROOT,
                    "\r[%s%s] %3d %%  %s  %s  %.1f s   ",
                    "=".repeat(full),
                    " ".repeat(BAR_WIDTH - full),
                    percent,
                    title,
                    text,
                    seconds);
            drawn = true;
        } else if (end || now - shownNanos > LINE_NANOS) {
            shownNanos = now;
            err.printf(Locale.ROOT, "cairn: %s: %d %%, %s, %.1f s%n", title, percent, text, seconds);
        }
        if (end) {
            endLine();
        }
        err.flush();
    }

    private void endLine() {
        if (drawn) {
            err.println();
            drawn = false;
        }
        err.flush();
    }

    /** What the node that knows most says of a migration; empty while none knows it. */
    private Map<String, String> state(String id) {
        Map<String, String> found = new HashMap<>();
        for (InetSocketAddress node : nodes) {
            try (RespClient client = connect(node)) {
                if (!(client.call("CLUSTER", "GETSLOTMIGRATIONS") instanceof List<?> all)) {
                    continue;
                }
                for (Object one : all) {
                    Map<String, String> fields = fields(one);
                    boolean tells = found.isEmpty()
                            || KEYS.matcher(fields.getOrDefault("message", "")).find();
                    if (id.equals(fields.get("name")) && tells) {
                        found = fields;
                    }
                }
            } catch (IOException e) {
                // Another node knows.
            }
        }
        return found;
    }

    private static Map<String, String> fields(@Nullable Object reply) {
        Map<String, String> fields = new HashMap<>();
        if (reply instanceof List<?> words) {
            for (int i = 0; i + 1 < words.size(); i += 2) {
                fields.put(String.valueOf(words.get(i)), String.valueOf(words.get(i + 1)));
            }
        }
        return fields;
    }

    private @Nullable Object ask(String... words) throws IOException {
        IOException last = new IOException("no node given");
        for (InetSocketAddress node : nodes) {
            try (RespClient client = connect(node)) {
                return client.call(words);
            } catch (RespClient.ErrorReply e) {
                throw e;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    private RespClient connect(InetSocketAddress node) throws IOException {
        return login.connect(node, TIMEOUT_MILLIS);
    }
}
