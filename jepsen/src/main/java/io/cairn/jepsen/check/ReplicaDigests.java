package io.cairn.jepsen.check;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Compares what the replicas of a shard hold in memory, by DEBUG DIGEST and DEBUG DIGEST EXACT (which takes in times of
 * expiry and versions), at one applied index. Where they differ it names keys.
 */
final class ReplicaDigests {
    private static final int TRIES = 20;
    private static final int PAUSE_MILLIS = 200;
    /** Keys looked at to find the differing ones. */
    private static final int MOST_KEYS = 500_000;

    private static final int BATCH_KEYS = 200;
    private static final int MOST_NAMED = 10;
    private static final int SHOWN_CHARS = 60;
    private static final String GONE = "(no such key)";
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{40}");

    private final String shard;
    private final List<Address> replicas;
    private final List<String> problems;
    private final int tries;
    private long index = -1;

    ReplicaDigests(String shard, List<Address> replicas, List<String> problems) {
        this(shard, replicas, problems, TRIES);
    }

    /** @param tries how often they are asked until they stand still at one index */
    ReplicaDigests(String shard, List<Address> replicas, List<String> problems, int tries) {
        this.shard = shard;
        this.replicas = replicas;
        this.problems = problems;
        this.tries = tries;
    }

    /** What one node answered. */
    private record Digest(Address node, String plain, String exact) {}

    /** The index that all had applied while they were asked, -1 when they never stood still together. */
    long run() {
        for (int attempt = 0; attempt < tries && index < 0; attempt++) {
            try {
                attempt();
            } catch (NotSentException | OutcomeUnknownException | RuntimeException e) {
                if (attempt == tries - 1) {
                    problems.add(shard + ": no digest: " + e.getMessage());
                }
            }
            pause(index < 0);
        }
        if (index < 0) {
            problems.add(shard + ": its replicas " + replicas + " never stood still at one index");
        }
        return index;
    }

    /** Expiry goes on without clients: digests count only when nothing was applied meanwhile. */
    private void attempt() throws NotSentException, OutcomeUnknownException {
        Set<Long> before = offsets();
        List<Digest> digests = new ArrayList<>();
        for (Address node : replicas) {
            try (RawClient client = RawClient.connect(node, Timeouts.PATIENT)) {
                digests.add(new Digest(node, digest(client, "DIGEST"), digest(client, "DIGEST", "EXACT")));
            }
        }
        Set<Long> after = offsets();
        if (before.size() != 1 || !before.equals(after)) {
            return;
        }
        long at = before.iterator().next();
        for (Digest other : digests) {
            compare(at, digests.get(0), other);
        }
        index = at;
    }

    private static String digest(RawClient client, String... what) throws OutcomeUnknownException {
        List<String> words = new ArrayList<>(List.of("DEBUG"));
        words.addAll(List.of(what));
        String text = client.call(words.toArray(new String[0])).text();
        if (!DIGEST.matcher(text).matches()) {
            // Nodes that all answer with one error would be equal.
            throw new IllegalStateException(client.address() + " gave no digest: " + text);
        }
        return text;
    }

    private Set<Long> offsets() throws NotSentException, OutcomeUnknownException {
        Set<Long> offsets = new HashSet<>();
        for (Address node : replicas) {
            offsets.add(ClusterState.ownOffset(node));
        }
        return offsets;
    }

    private void compare(long at, Digest first, Digest other) {
        if (first.exact.equals(other.exact) && first.plain.equals(other.plain)) {
            return;
        }
        boolean contents = !first.plain.equals(other.plain);
        problems.add("%s: at entry %d the digests of %s and %s differ%s: %s and %s%s"
                .formatted(
                        shard,
                        at,
                        first.node,
                        other.node,
                        contents ? "" : " in times of expiry or versions",
                        contents ? first.plain : first.exact,
                        contents ? other.plain : other.exact,
                        named(first.node, other.node)));
    }

    /** As {@link #differences}; that they differ is told also when the keys cannot be named. */
    private static String named(Address a, Address b) {
        try {
            return differences(a, b);
        } catch (NotSentException | OutcomeUnknownException | RuntimeException e) {
            return "; keys could not be named: " + e;
        }
    }

    /** Up to ten keys that differ, with their values and times of expiry. */
    static String differences(Address a, Address b) throws NotSentException, OutcomeUnknownException {
        try (RawClient left = readonly(a);
                RawClient right = readonly(b)) {
            Set<String> keys = new TreeSet<>();
            scan(left, keys);
            scan(right, keys);
            List<String> named = new ArrayList<>();
            List<String> batch = new ArrayList<>();
            for (String key : keys) {
                batch.add(key);
                if (batch.size() == BATCH_KEYS) {
                    name(left, right, batch, named);
                    batch.clear();
                }
                if (named.size() >= MOST_NAMED) {
                    break;
                }
            }
            name(left, right, batch, named);
            if (named.isEmpty()) {
                return "; of " + keys.size() + " keys none differs for a reader: it is versions, or expired keys";
            }
            return "; " + String.join("; ", named.subList(0, Math.min(MOST_NAMED, named.size())));
        }
    }

    private static RawClient readonly(Address node) throws NotSentException, OutcomeUnknownException {
        RawClient client = RawClient.connect(node, Timeouts.PATIENT);
        client.call("READONLY");
        return client;
    }

    private static void scan(RawClient client, Set<String> keys) throws OutcomeUnknownException {
        String cursor = "0";
        do {
            List<Reply> step = client.call("SCAN", cursor, "COUNT", "1000").items();
            if (step.size() != 2) {
                return;
            }
            cursor = step.get(0).text();
            step.get(1).items().forEach(key -> keys.add(key.text()));
        } while (!cursor.equals("0") && keys.size() < MOST_KEYS);
    }

    private static void name(RawClient left, RawClient right, List<String> keys, List<String> named)
            throws OutcomeUnknownException {
        List<String> atLeft = read(left, keys);
        List<String> atRight = read(right, keys);
        for (int i = 0; i < keys.size(); i++) {
            if (!atLeft.get(i).equals(atRight.get(i))) {
                named.add("key %s: %s at %s, %s at %s"
                        .formatted(
                                cut(keys.get(i)),
                                cut(atLeft.get(i)),
                                left.address(),
                                cut(atRight.get(i)),
                                right.address()));
            }
        }
    }

    /** Value and time of expiry of each key, as text. */
    private static List<String> read(RawClient client, List<String> keys) throws OutcomeUnknownException {
        for (String key : keys) {
            byte[] bytes = key.getBytes(StandardCharsets.ISO_8859_1);
            client.send("GET".getBytes(StandardCharsets.US_ASCII), bytes);
            client.send("PEXPIRETIME".getBytes(StandardCharsets.US_ASCII), bytes);
        }
        client.flush();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            Reply value = client.receive();
            Reply expiry = client.receive();
            String at = expiry.text().equals("-1") ? "" : " expires at " + expiry.text();
            values.add(value instanceof Reply.Nil ? GONE : value.text() + at);
        }
        return values;
    }

    /** The end tells more than the beginning of what was appended to. */
    private static String cut(String text) {
        return text.length() <= SHOWN_CHARS ? text : "..." + text.substring(text.length() - SHOWN_CHARS);
    }

    private static void pause(boolean needed) {
        try {
            if (needed) {
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
